# int dot(const int8_t *a, const int8_t *b, int n)
#
# Any n, any alignment. Whole 16-byte lines of both arrays must be readable.
# q0 and q3 hold the line that the next 16 bytes of a and b start in.
        .align  4
dot:
        entry   a1, 16
        ee.zero.accx
        movi.n  a9, 0
        blti    a4, 1, done
        addi    a5, a4, -1
        srli    a5, a5, 4                       # whole blocks, one byte at least left over
        slli    a6, a5, 4
        sub     a4, a4, a6                      # bytes behind them, 1 to 16
        beqz    a5, tail
        mov.n   a7, a2
        mov.n   a8, a3
        ee.ld.128.usar.ip q0, a7, 16
        ee.ld.128.usar.ip q3, a8, 16
        loop    a5, blocks_end
        ee.ld.128.usar.ip q1, a7, 16            # next line of a; SAR_BYTE from a
        ee.src.q.qup    q2, q0, q1              # 16 bytes of a
        ee.ld.128.usar.ip q4, a8, 16            # next line of b; SAR_BYTE from b
        ee.src.q.qup    q5, q3, q4              # 16 bytes of b
        ee.vmulas.s8.accx q2, q5
blocks_end:
        add.n   a2, a2, a6
        add.n   a3, a3, a6
tail:
        loop    a4, tail_end
        l8ui    a10, a2, 0
        l8ui    a11, a3, 0
        sext    a10, a10, 7
        sext    a11, a11, 7
        mull    a10, a10, a11
        addi.n  a2, a2, 1
        addi.n  a3, a3, 1
        add.n   a9, a9, a10
tail_end:
done:
        movi.n  a5, 0
        ee.srs.accx a2, a5, 0
        add.n   a2, a2, a9
        retw.n
