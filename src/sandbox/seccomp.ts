// The system-call filter of the validation sandbox: a classic BPF program, written by a small loop, no native package.
// It takes away what a namespace alone leaves open: new mounts and namespaces, tracing, keys, bpf, io_uring, odd sockets.

export type Architecture = 'x86_64' | 'aarch64'

/** Calls answered with EPERM: number on x86_64, number on aarch64; `undefined` where the call does not exist. */
const DENIED: readonly (readonly [name: string, x86: number, arm: number | undefined])[] = [
  ['mount', 165, 40],
  ['umount2', 166, 39],
  ['pivot_root', 155, 41],
  ['open_tree', 428, 428],
  ['move_mount', 429, 429],
  ['fsopen', 430, 430],
  ['fsconfig', 431, 431],
  ['fsmount', 432, 432],
  ['fspick', 433, 433],
  ['mount_setattr', 442, 442],
  ['open_tree_attr', 467, 467],
  ['unshare', 272, 97],
  ['setns', 308, 268],
  ['ptrace', 101, 117],
  ['process_vm_readv', 310, 270],
  ['process_vm_writev', 311, 271],
  ['kcmp', 312, 272],
  ['pidfd_getfd', 438, 438],
  ['add_key', 248, 217],
  ['request_key', 249, 218],
  ['keyctl', 250, 219],
  ['bpf', 321, 280],
  ['perf_event_open', 298, 241],
  ['userfaultfd', 323, 282],
  ['io_uring_setup', 425, 425],
  ['io_uring_enter', 426, 426],
  ['io_uring_register', 427, 427],
  ['init_module', 175, 105],
  ['finit_module', 313, 273],
  ['delete_module', 176, 106],
  ['kexec_load', 246, 104],
  ['kexec_file_load', 320, 294],
  ['open_by_handle_at', 304, 265],
  ['fanotify_init', 300, 262],
  ['quotactl', 179, 60],
  ['quotactl_fd', 443, 443],
  ['swapon', 167, 224],
  ['swapoff', 168, 225],
  ['reboot', 169, 142],
  ['acct', 163, 89],
  ['syslog', 103, 116],
  ['settimeofday', 164, 170],
  ['clock_settime', 227, 112],
  ['clock_adjtime', 305, 266],
  ['lookup_dcookie', 212, 18],
  ['iopl', 172, undefined],
  ['ioperm', 173, undefined],
  ['uselib', 134, undefined],
]

interface Numbers {
  readonly audit: number
  readonly clone: number
  readonly clone3: number
  readonly socket: number
  readonly socketpair: number
}
const NUMBERS: Readonly<Record<Architecture, Numbers>> = {
  x86_64: { audit: 0xc000003e, clone: 56, clone3: 435, socket: 41, socketpair: 53 },
  aarch64: { audit: 0xc00000b7, clone: 220, clone3: 435, socket: 198, socketpair: 199 },
}

/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET. */
const CLONE_NEW = 0x7e020000
const X32_BIT = 0x40000000
const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10

const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06
const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const errno = (code: number) => 0x00050000 | code
/** Offsets in struct seccomp_data; the low half of the first argument (both machines are little-endian). */
const AT_NUMBER = 0
const AT_ARCHITECTURE = 4
const AT_FIRST_ARGUMENT = 16

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, k: number]

/** The denied calls of one machine, for tests and for `doctor`. */
export function deniedCalls(architecture: Architecture): ReadonlyMap<string, number> {
  const column = architecture === 'x86_64' ? 1 : 2
  return new Map(
    DENIED.flatMap((row) => {
      const number = row[column]
      return number === undefined ? [] : [[row[0], number] as const]
    }),
  )
}

/** The filter as bwrap reads it from `--seccomp FD`: an array of struct sock_filter. */
export function seccompProgram(architecture: Architecture): Uint8Array {
  const numbers = NUMBERS[architecture]
  const program: Instruction[] = [
    [LOAD, 0, 0, AT_ARCHITECTURE],
    [JUMP_EQUAL, 1, 0, numbers.audit],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, AT_NUMBER],
  ]
  if (architecture === 'x86_64') program.push([JUMP_AT_LEAST, 0, 1, X32_BIT], [RETURN, 0, 0, errno(ENOSYS)])
  for (const number of deniedCalls(architecture).values())
    program.push([JUMP_EQUAL, 0, 1, number], [RETURN, 0, 0, errno(EPERM)])
  // glibc falls back from clone3 (whose flags lie in memory that a filter cannot read) to clone.
  program.push([JUMP_EQUAL, 0, 1, numbers.clone3], [RETURN, 0, 0, errno(ENOSYS)])
  program.push(
    [JUMP_EQUAL, 0, 4, numbers.clone],
    [LOAD, 0, 0, AT_FIRST_ARGUMENT],
    [JUMP_ANY_BIT, 0, 1, CLONE_NEW],
    [RETURN, 0, 0, errno(EPERM)],
    [RETURN, 0, 0, ALLOW],
  )
  program.push(
    [JUMP_EQUAL, 1, 0, numbers.socket],
    [JUMP_EQUAL, 0, 5, numbers.socketpair],
    [LOAD, 0, 0, AT_FIRST_ARGUMENT],
    [JUMP_EQUAL, 3, 0, AF_UNIX],
    [JUMP_EQUAL, 2, 0, AF_INET],
    [JUMP_EQUAL, 1, 0, AF_INET6],
    [RETURN, 0, 0, errno(EAFNOSUPPORT)],
    [RETURN, 0, 0, ALLOW],
  )
  return encode(program)
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(([code, jumpTrue, jumpFalse, k], index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(jumpTrue, index * 8 + 2)
    bytes.writeUInt8(jumpFalse, index * 8 + 3)
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4)
  })
  return bytes
}
