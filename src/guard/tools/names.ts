// Programs that answer a question about a name: what they print can be known from their words.
import { ROOT, resolve, showPath } from '../path.ts'
import { FROM_PROGRAM, known, NOTHING } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal, text, type Value } from '../value.ts'

const lines = (all: readonly (string | undefined)[]) =>
  all.length === 0 || all.some((one) => one === undefined)
    ? FROM_PROGRAM
    : known(all.flatMap((one): Value => text(`${one}\n`)))

function directoryOf(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return name === '' ? '.' : undefined
  const bare = name.replace(/\/+$/, '')
  if (bare === '') return '/'
  const at = bare.lastIndexOf('/')
  return at === -1 ? '.' : bare.slice(0, at).replace(/\/+$/, '') || '/'
}

function baseOf(name: string | undefined, ending = ''): string | undefined {
  if (name === undefined) return undefined
  const bare = name.replace(/\/+$/, '')
  if (bare === '') return name === '' ? '' : '/'
  const base = bare.slice(bare.lastIndexOf('/') + 1)
  return ending !== '' && base !== ending && base.endsWith(ending) ? base.slice(0, -ending.length) : base
}

export const NAMES: readonly Tool[] = [
  {
    names: 'dirname',
    act: (_call, { operands }) => lines(operands.map(({ value }) => directoryOf(literal(value)))),
  },
  {
    names: 'basename',
    short: 's',
    long: 'suffix',
    act: (_call, args) => {
      const names = args.operands.map(({ value }) => literal(value))
      const ending = args.value('s suffix')
      if (args.has('a multiple s suffix'))
        return lines(names.map((one) => baseOf(one, literal(ending?.value ?? []) ?? '')))
      return lines(names.slice(0, 1).map((one) => baseOf(one, names[1] ?? '')))
    },
  },
  {
    // Links of the machine are not seen; those that the text makes are.
    names: 'realpath grealpath readlink greadlink',
    long: 'relative-to relative-base',
    does: [{ do: 'path.list' }],
    act: ({ shell }, args) => {
      if (args.has('relative-to relative-base')) return undefined
      if (!args.operands.every(({ value }) => literal(value) !== undefined)) return undefined
      const all = args.operands.map(({ value }) =>
        shell.paths(value).flatMap((one) => [one, ...shell.aliased(one)]),
      )
      if (all.length !== 1) return undefined
      return known(...(all[0] ?? []).map((one) => text(`${showPath(one)}\n`)))
    },
  },
  {
    // They look a word up, and run nothing.
    names: 'getent whatis apropos info pinfo tldr cheat finger id groups whereis type compgen',
  },
  {
    names: 'which gwhich',
    act: (_call, { operands }) =>
      operands.length === 0
        ? NOTHING
        : lines(
            operands.map(({ value }) => {
              const name = literal(value)
              return name === undefined || name.includes('/')
                ? name
                : showPath(resolve(text(name), resolve(text('/usr/bin'), ROOT)))
            }),
          ),
  },
]
