import { describe, expect, test } from 'vitest'
import { type Architecture, deniedCalls, seccompProgram } from './seccomp.ts'

// A tiny interpreter of classic BPF over struct seccomp_data: the oracle, written from the kernel's documentation.
function interpret(
  program: Uint8Array,
  call: { nr: number; arch: number; args?: readonly number[] },
): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call.nr >>> 0, 0)
  data.writeUInt32LE(call.arch >>> 0, 4)
  call.args?.forEach((arg, i) => data.writeBigUInt64LE(BigInt(arg), 16 + 8 * i))
  const view = Buffer.from(program)
  let accumulator = 0
  for (let pc = 0, steps = 0; steps < 1000; steps++) {
    const code = view.readUInt16LE(pc * 8)
    const jt = view.readUInt8(pc * 8 + 2)
    const jf = view.readUInt8(pc * 8 + 3)
    const k = view.readUInt32LE(pc * 8 + 4)
    if (code === 0x06) return k
    if (code === 0x20) {
      accumulator = data.readUInt32LE(k)
      pc += 1
    } else if (code === 0x15) pc += 1 + (accumulator === k ? jt : jf)
    else if (code === 0x35) pc += 1 + (accumulator >= k ? jt : jf)
    else if (code === 0x45) pc += 1 + ((accumulator & k) !== 0 ? jt : jf)
    else throw new Error(`unknown instruction ${code}`)
  }
  throw new Error('no return')
}

const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
// Numbers from the kernel's tables (asm/unistd_64.h, asm-generic/unistd.h), not from the source under test.
const MACHINES = {
  x86_64: {
    arch: 0xc000003e,
    clone: 56,
    clone3: 435,
    socket: 41,
    socketpair: 53,
    read: 0,
    mount: 165,
    unshare: 272,
    ptrace: 101,
    keyctl: 250,
    bpf: 321,
    io_uring_setup: 425,
    finit_module: 313,
    setns: 308,
    execve: 59,
  },
  aarch64: {
    arch: 0xc00000b7,
    clone: 220,
    clone3: 435,
    socket: 198,
    socketpair: 199,
    read: 63,
    mount: 40,
    unshare: 97,
    ptrace: 117,
    keyctl: 219,
    bpf: 280,
    io_uring_setup: 425,
    finit_module: 273,
    setns: 268,
    execve: 221,
  },
} as const satisfies Record<Architecture, Record<string, number>>

describe.each(['x86_64', 'aarch64'] as const)('sandbox filter on %s', (architecture) => {
  const program = seccompProgram(architecture)
  const machine = MACHINES[architecture]
  const ask = (nr: number, ...args: number[]) => interpret(program, { nr, arch: machine.arch, args })

  test('it is about one kilobyte and shorter than the kernel allows', () => {
    expect(program.length % 8).toBe(0)
    expect(program.length).toBeLessThan(2048)
  })
  test('mounts, namespaces, tracing, keys, bpf, io_uring and modules are refused', () => {
    for (const name of [
      'mount',
      'unshare',
      'ptrace',
      'keyctl',
      'bpf',
      'io_uring_setup',
      'finit_module',
      'setns',
    ] as const)
      expect([name, ask(machine[name])]).toEqual([name, ERRNO | 1])
  })
  test('every number of the table is refused and all others up to 500 pass', () => {
    const denied = new Set(deniedCalls(architecture).values())
    for (let nr = 0; nr < 500; nr++) {
      if (nr === machine.clone3) expect(ask(nr)).toBe(ERRNO | 38)
      else if (nr === machine.socket || nr === machine.socketpair) expect(ask(nr, 0)).toBe(ERRNO | 97)
      else expect([nr, ask(nr)]).toEqual([nr, denied.has(nr) ? ERRNO | 1 : ALLOW])
    }
  })
  test('clone makes threads and children but no namespace', () => {
    expect(ask(machine.clone, 0x3d0f00)).toBe(ALLOW)
    expect(ask(machine.clone, 17)).toBe(ALLOW)
    for (const flag of [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000])
      expect(ask(machine.clone, flag | 17)).toBe(ERRNO | 1)
  })
  test('sockets are UNIX, INET and INET6 only', () => {
    for (let family = 0; family < 50; family++)
      for (const call of [machine.socket, machine.socketpair])
        expect(ask(call, family, 1, 0)).toBe([1, 2, 10].includes(family) ? ALLOW : ERRNO | 97)
  })
  test('another machine word is killed, and x32 numbers do not exist', () => {
    expect(interpret(program, { nr: machine.read, arch: 0x40000003 })).toBe(0x80000000)
    if (architecture === 'x86_64') expect(ask(0x40000000 + machine.mount)).toBe(ERRNO | 38)
  })
})
