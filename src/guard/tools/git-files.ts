// Git's smaller programs that work on files of their own: what they read, and what they leave behind.
import { touch } from '../tool.ts'
import { concat } from '../value.ts'
import { plainOf } from './git-arguments.ts'
import { type Sub, unpackedInto } from './git-sub.ts'

export const GIT_FILES: readonly Sub[] = [
  {
    names: 'merge-file',
    short: 'L',
    long: 'marker-size diff-algorithm',
    flags: 'stdout ours theirs union quiet diff3 zdiff3 object-id',
    does: ({ call, operands, on }) => {
      for (const field of operands) touch(call, 'path.read', field)
      // The first of the three becomes what all of them hold.
      if (!on('p stdout object-id'))
        for (const field of operands.slice(0, 1)) touch(call, 'path.write', field, { note: 'edited' })
      return undefined
    },
  },
  {
    names: 'interpret-trailers',
    long: 'trailer where if-exists if-missing',
    flags: 'in-place trim-empty only-trailers only-input unfold parse no-divider',
    does: ({ call, operands, on }) => {
      for (const field of operands) {
        touch(call, 'path.read', field)
        if (on('in-place')) touch(call, 'path.write', field, { note: 'edited' })
      }
      return undefined
    },
  },
  {
    names: 'mailinfo',
    long: 'encoding quoted-cr',
    does: ({ call, operands }) => {
      for (const field of operands.slice(0, 2)) touch(call, 'path.write', field)
      return undefined
    },
  },
  {
    names: 'mailsplit',
    attached: 'odf',
    does: ({ call, args, operands }) => {
      for (const field of args.values('o')) unpackedInto(call, field)
      for (const field of operands) touch(call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'bugreport diagnose',
    short: 'os',
    long: 'output-directory suffix mode',
    does: ({ call, args }) => {
      for (const field of args.values('o output-directory')) unpackedInto(call, field)
      return undefined
    },
  },
  {
    names: 'pack-objects',
    long: 'window depth max-pack-size threads keep-pack index-version filter name-hash-version',
    flags: 'stdout all revs progress quiet',
    does: ({ call, operands, on }) => {
      for (const field of on('stdout') ? [] : operands.slice(0, 1))
        touch(call, 'path.create', { ...field, value: concat(field.value, ['-pack']) })
      return undefined
    },
  },
  {
    names: 'subtree',
    short: 'Pmb',
    long: 'prefix message branch onto annotate',
    flags: 'squash rejoin ignore-joins quiet debug',
    does: ({ call, args, operands }) => {
      if (plainOf(operands[0]) !== 'split')
        for (const field of args.values('P prefix')) unpackedInto(call, field)
      return undefined
    },
  },
]
