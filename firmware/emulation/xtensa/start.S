# Start-up on QEMU's `sim` machine with the windowed ABI (Xtensa ISA Reference Manual, "Windowed Register Option").
# Assembled by LLVM 22 or newer, the first that knows these instructions.

# What goes to the stack when a call needs registers that an older frame still holds. A frame's first four registers lie below its
# callee's stack pointer (base save area, 16 bytes); the others at the end of its own frame.
        .section .vectors, "ax", @progbits

        .org 0x000                      # overflow of a frame that called with call4
        s32e    a0, a5, -16
        s32e    a1, a5, -12
        s32e    a2, a5, -8
        s32e    a3, a5, -4
        rfwo

        .org 0x040                      # and its return
        l32e    a0, a5, -16
        l32e    a1, a5, -12
        l32e    a2, a5, -8
        l32e    a3, a5, -4
        rfwu

        .org 0x080                      # call8
        s32e    a0, a9, -16
        l32e    a0, a1, -12             # the caller's own stack pointer
        s32e    a1, a9, -12
        s32e    a2, a9, -8
        s32e    a3, a9, -4
        s32e    a4, a0, -32
        s32e    a5, a0, -28
        s32e    a6, a0, -24
        s32e    a7, a0, -20
        rfwo

        .org 0x0c0
        l32e    a0, a9, -16
        l32e    a1, a9, -12
        l32e    a2, a9, -8
        l32e    a7, a1, -12
        l32e    a3, a9, -4
        l32e    a4, a7, -32
        l32e    a5, a7, -28
        l32e    a6, a7, -24
        l32e    a7, a7, -20
        rfwu

        .org 0x100                      # call12
        s32e    a0, a13, -16
        l32e    a0, a1, -12
        s32e    a1, a13, -12
        s32e    a2, a13, -8
        s32e    a3, a13, -4
        s32e    a4, a0, -48
        s32e    a5, a0, -44
        s32e    a6, a0, -40
        s32e    a7, a0, -36
        s32e    a8, a0, -32
        s32e    a9, a0, -28
        s32e    a10, a0, -24
        s32e    a11, a0, -20
        rfwo

        .org 0x140
        l32e    a0, a13, -16
        l32e    a1, a13, -12
        l32e    a2, a13, -8
        l32e    a11, a1, -12
        l32e    a3, a13, -4
        l32e    a4, a11, -48
        l32e    a5, a11, -44
        l32e    a6, a11, -40
        l32e    a7, a11, -36
        l32e    a8, a11, -32
        l32e    a9, a11, -28
        l32e    a10, a11, -24
        l32e    a11, a11, -20
        rfwu

# Every other exception and interrupt ends the emulation with status 100 + EXCCAUSE.
        .irp    vector, 0x180, 0x1c0, 0x200, 0x240, 0x280, 0x2c0, 0x300, 0x340, 0x3c0
        .org    \vector
        rsr     a3, exccause
        movi    a2, 1
        addi    a3, a3, 100
        .byte   0x00, 0x51, 0x00        # simcall
        j       .
        .endr

# The processor starts here, at the first byte of the ROM, which is out of a jump's reach of the RAM.
        .section .reset, "ax", @progbits
        j       1f
        .p2align 2
start_address:
        .long   _start
1:      l32r    a0, start_address
        jx      a0

        .section .text.start, "ax", @progbits
        .p2align 2
vectors: .long  _vectors
top:    .long   _stack_start
main:   .long   rust_main
state:  .long   0x00040020              # PS: windows enabled, user vectors, no interrupt masked
        .global _start
        .p2align 2
_start:
        movi    a0, 0
        wsr     a0, windowbase
        rsync
        movi    a2, 1
        wsr     a2, windowstart
        rsync
        movi    a2, 0x2a                # ATOMCTL: compare-and-swap in memory of every kind
        wsr     a2, atomctl
        movi    a0, 0                   # where backtraces end
        l32r    a2, vectors
        wsr     a2, vecbase
        l32r    a1, top
        l32r    a2, state
        wsr     a2, ps
        rsync
        l32r    a2, main
        callx8  a2
        j       .

# u32 emulator_call(service, first, second, third): the emulator takes them in a2 to a5, where the ABI puts them.
        .section .text.emulator_call, "ax", @progbits
        .global emulator_call
        .p2align 2
emulator_call:
        entry   a1, 32
        .byte   0x00, 0x51, 0x00        # simcall
        retw.n

        .section .text.cycle_count, "ax", @progbits
        .global cycle_count
        .p2align 2
cycle_count:
        entry   a1, 32
        rsr     a2, ccount
        retw.n
