// Who may do what with a file, and what is mounted where.
import type { Arguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { NOTHING } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'

/** A mode that lets everyone write, or makes a program run as its owner. */
function dangerOf(mode: string): string | undefined {
  if (/^[0-7]{1,5}$/.test(mode)) {
    const digits = mode.padStart(4, '0').slice(-4)
    const [special, , , others] = Array.from(digits, Number) as [number, number, number, number]
    if ((special & 4) !== 0) return 'setuid'
    return (others & 2) !== 0 && (special & 1) === 0 ? 'world-writable' : undefined
  }
  for (const clause of mode.split(',')) {
    const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause)
    const who = match?.[1] ?? ''
    const adds = /[+=]([rwxXstugo]*)/.exec(match?.[2] ?? '')?.[1] ?? ''
    if (adds.includes('s') && (who === '' || who.includes('u') || who.includes('a'))) return 'setuid'
    if (adds.includes('w') && (who.includes('o') || who.includes('a'))) return 'world-writable'
  }
  return undefined
}

/** A mode after which nobody can start the file. */
const takesExecution = (mode: string): boolean =>
  /^[0-7]{1,5}$/.test(mode)
    ? Array.from(mode.slice(-3)).every((digit) => Number(digit) % 2 === 0)
    : /^a?(?:-[rwXst]*x|=[rw]*$)/.test(mode)

/** A mode that shuts the group and all others out, and leaves the owner what it has or needs to read. */
const shutsOut = (mode: string): boolean =>
  /^[0-7]{1,5}$/.test(mode)
    ? /^0*[4-7]00$/.test(mode)
    : mode.split(',').every((clause) => /^(?:[go]+(?:-[rwxX]+|=)|u[+=]r?[wxX]*|u\+[rwxX]*)$/.test(clause)) &&
      /[go]/.test(mode)

const isMode = (field: Field) =>
  /^(?:[0-7]{1,5}|[ugoa]*[-+=][-+=rwxXstugoa,]*)$/.test(literal(field.value) ?? '')

function chmod(call: Call, args: Arguments): typeof NOTHING {
  if (args.isAmbiguous) return NOTHING
  const recursive = args.has('R recursive')
  // `chmod -w f`: a mode that looks like an option stands for itself.
  const asOption = args.options.some(({ name }) => /^[rwxXst]$/.test(name))
  const takes = args.options.some(({ name }) => name === 'x')
  const [first] = args.operands
  const skipsFirst = first !== undefined && !asOption && !args.has('reference') && args.operands.length > 1
  const mode = skipsFirst && isMode(first) ? literal(first.value) : undefined
  const isTight = mode !== undefined && shutsOut(mode)
  const keepsWays = mode !== undefined && !takesExecution(mode)
  const note =
    (mode === undefined ? undefined : dangerOf(mode)) ??
    (isTight && (keepsWays || !recursive) ? (keepsWays ? 'tightened' : 'closed') : undefined) ??
    (takes || (mode !== undefined && takesExecution(mode)) ? 'not executable' : undefined)
  const files =
    skipsFirst && (mode !== undefined || first.value.every((piece) => typeof piece === 'string'))
      ? args.operands.slice(1)
      : args.operands
  for (const field of files)
    touch(call, 'path.chmod', field, {
      ...(recursive ? { recursive } : {}),
      ...(note === undefined ? {} : { note }),
    })
  return NOTHING
}

function chown(call: Call, args: Arguments): typeof NOTHING {
  const recursive = args.has('R recursive')
  const files = args.has('reference') || args.operands.length === 1 ? args.operands : args.operands.slice(1)
  for (const field of files) touch(call, 'path.chown', field, recursive ? { recursive } : {})
  return NOTHING
}

export const MODES: readonly Tool[] = [
  { names: 'chmod gchmod', flags: 'recursive verbose changes quiet silent', long: 'reference', act: chmod },
  {
    names: 'chown chgrp gchown lchown',
    flags: 'recursive verbose changes quiet silent dereference no-dereference preserve-root no-preserve-root',
    long: 'reference from',
    act: chown,
  },
  {
    names: 'chattr',
    // Its modes look like options: `-i`, `+a`, `=d`.
    short: 'pv',
    act: (call, args) => {
      for (const field of args.operands)
        if (!/^[+=]/.test(prefix(field.value)))
          touch(call, 'path.chmod', field, { recursive: args.has('R'), note: 'attributes' })
      return undefined
    },
  },
  { names: 'lsattr getfacl', does: [{ do: 'path.list' }] },
  {
    names: 'setfacl',
    short: 'mMxX',
    long: 'modify modify-file remove remove-file restore set set-file',
    flags: 'recursive remove-all remove-default test default',
    does: [{ do: 'path.chmod', deep: 'R recursive', unless: 'test', note: 'attributes' }],
    // What a file says is put on every path that it names.
    act: (call, args) => {
      const file = args.value('restore')
      if (file === undefined || args.has('test')) return undefined
      if (literal(file.value) !== '-') touch(call, 'path.read', file)
      call.shell.emit({ verb: 'host.change', on: { kind: 'host' }, note: 'setfacl' }, call.span)
      return undefined
    },
  },
  { names: 'setcap', does: [{ do: 'path.chmod', to: 'last', note: 'setuid', unless: 'n v' }] },
  { names: 'xattr', does: [{ do: 'path.chmod', to: 'last', when: 'w d c' }] },
  { names: 'findmnt mountpoint lsblk blkid' },
]
