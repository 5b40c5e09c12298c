// Files and directories: coreutils and what stands beside them.
import { type Tool, touch } from '../tool.ts'
import { concat, literal } from '../value.ts'

/** A copy or a link is a later name of its source. */
const alias: NonNullable<Tool['act']> = (call, args) => {
  const { shell } = call
  const target = args.value('t target-directory')
  const operands = target === undefined ? args.operands.slice(0, -1) : args.operands
  const last = target ?? args.operands.at(-1)
  if (last === undefined || operands.length === 0) return undefined
  for (const source of operands)
    for (const from of shell.paths(last.value))
      for (const to of shell.paths(source.value)) {
        const name = literal(source.value)
          ?.split('/')
          .filter((part) => part !== '')
          .at(-1)
        const inside = name === undefined ? [] : shell.paths(concat(last.value, [`/${name}`]))
        shell.state = {
          ...shell.state,
          links: [...shell.state.links, { from, to }, ...inside.map((one) => ({ from: one, to }))],
        }
      }
  return undefined
}

/** What a copy holds is what its source held. */
const carryContents: NonNullable<Tool['act']> = (call, args, tool) => {
  const { shell } = call
  const [source] = args.operands
  const last = args.operands.at(-1)
  if (source !== undefined && last !== undefined && args.operands.length === 2)
    shell.remember(
      shell.paths(last.value),
      shell.contents(shell.paths(source.value), args.has('r R a recursive archive')),
      false,
    )
  if (args.has('l s link symbolic-link')) alias(call, args, tool)
  const target = args.value('t target-directory')
  if (target !== undefined) for (const field of args.operands) touch(call, 'path.read', field)
  return undefined
}

export const FILES: readonly Tool[] = [
  {
    names: 'rm',
    flags: 'force recursive dir verbose interactive one-file-system no-preserve-root preserve-root',
    does: [{ do: 'path.delete', deep: 'r R recursive', reversible: 'no' }],
  },
  { names: 'rmdir', does: [{ do: 'path.delete' }] },
  { names: 'unlink', does: [{ do: 'path.delete', reversible: 'no' }] },
  {
    names: 'shred',
    short: 'ns',
    long: 'iterations size random-source',
    does: [
      { do: 'path.write', reversible: 'no', note: 'shred' },
      { do: 'path.delete', when: 'u remove', reversible: 'no' },
    ],
  },
  {
    names: 'mv',
    short: 'tS',
    long: 'target-directory suffix',
    flags: 'force interactive no-clobber verbose',
    does: [
      { do: 'path.move', to: 'butLast', unless: 't target-directory' },
      { do: 'path.write', to: 'last', unless: 't target-directory' },
      { do: 'path.move', when: 't target-directory' },
      { do: 'path.write', to: 'option:t target-directory' },
    ],
    act: (call, args, tool) => {
      carryContents(call, args, tool)
      alias(call, args, tool)
      return undefined
    },
  },
  {
    names: 'cp',
    short: 'tS',
    long: 'target-directory suffix',
    flags: 'recursive archive force link symbolic-link',
    does: [
      { do: 'path.read', to: 'butLast', deep: 'r R a recursive archive', unless: 't target-directory' },
      { do: 'path.write', to: 'last', unless: 't target-directory', deep: 'r R a recursive archive' },
      { do: 'path.write', to: 'option:t target-directory' },
    ],
    act: carryContents,
  },
  {
    names: 'install',
    short: 'mogtS',
    long: 'mode owner group target-directory suffix',
    does: [
      { do: 'path.read', to: 'butLast', unless: 'd directory' },
      { do: 'path.write', to: 'last' },
    ],
    act: carryContents,
  },
  {
    names: 'ln',
    short: 'tS',
    long: 'target-directory suffix',
    does: [
      { do: 'path.write', to: 'last' },
      { do: 'path.link', to: 'butLast' },
    ],
    act: alias,
  },
  {
    names: 'link',
    does: [
      { do: 'path.link', to: 'first' },
      { do: 'path.create', to: 'last' },
    ],
    act: alias,
  },
  { names: 'touch', short: 'drt', long: 'date reference time', does: [{ do: 'path.create' }] },
  { names: 'truncate', short: 'sr', long: 'size reference', does: [{ do: 'path.write', reversible: 'no' }] },
  {
    names: 'tee',
    does: [
      { do: 'path.append', when: 'a append' },
      { do: 'path.write', unless: 'a append' },
    ],
    act: (call, args) => {
      for (const { value } of args.operands)
        call.shell.remember(call.shell.paths(value), call.stdin, args.has('a append'))
      return call.stdin
    },
  },
  {
    names: 'chmod',
    flags: 'recursive reference',
    long: 'reference',
    does: [{ do: 'path.chmod', to: 'butFirst', deep: 'R recursive' }],
  },
  {
    names: 'chown chgrp',
    flags: 'recursive',
    long: 'reference from',
    does: [{ do: 'path.chown', to: 'butFirst', deep: 'R recursive' }],
  },
  { names: 'mkdir mkfifo mknod', short: 'm', long: 'mode', does: [{ do: 'path.create' }] },
  { names: 'cat tac nl', writes: 'input', does: [{ do: 'path.read' }] },
  { names: 'head tail', short: 'nc', long: 'lines bytes', writes: 'input', does: [{ do: 'path.read' }] },
  { names: 'less more view bat', does: [{ do: 'path.read' }], writes: 'input' },
]
