// Git's references: branches, tags, and the ways to move or delete them below the porcelain.
import { touch } from '../tool.ts'
import { plainOf, vcs } from './git-arguments.ts'
import type { Sub } from './git-sub.ts'

const LISTING = 'contains no-contains merged no-merged points-at sort format'

export const REFS: readonly Sub[] = [
  {
    names: 'branch',
    short: 'u',
    long: `set-upstream-to ${LISTING}`,
    flags:
      'delete force list all remotes move copy track no-track show-current verbose edit-description unset-upstream quiet',
    does: ({ call, operands, on }) => {
      if (on('D') || (on('d delete') && on('f force')))
        for (const field of operands.length > 0 ? operands : [undefined])
          vcs(call, 'delete-ref', field, 'branch')
      else if (on('M C') || (on('f force') && !on('l list'))) vcs(call, 'rewrite', operands[0], 'branch')
      return undefined
    },
  },
  {
    names: 'tag',
    short: 'mFu',
    long: `message file local-user cleanup trailer ${LISTING}`,
    flags: 'delete force list annotate sign verify create-reflog',
    does: ({ call, args, operands, on }) => {
      for (const field of args.values('F file')) touch(call, 'path.read', field)
      if (on('d delete')) vcs(call, 'delete-ref', operands[0], 'tag')
      else if (on('f force') && operands.length > 0) vcs(call, 'rewrite', operands[0], 'tag')
      return undefined
    },
  },
  {
    names: 'update-ref',
    short: 'm',
    flags: 'stdin no-deref create-reflog',
    does: ({ call, operands, on }) => {
      vcs(call, on('d') ? 'delete-ref' : 'rewrite', operands[0], 'ref')
      return undefined
    },
  },
  {
    names: 'symbolic-ref',
    short: 'm',
    flags: 'delete quiet short recurse no-recurse',
    does: ({ call, operands, on }) => {
      if (on('d delete')) vcs(call, 'delete-ref', operands[0], 'ref')
      else if (operands.length > 1) vcs(call, 'rewrite', operands[0], 'ref')
      return undefined
    },
  },
  {
    names: 'replace',
    long: 'format',
    flags: 'delete edit graft list force convert-graft-file raw',
    does: ({ call, operands, on }) => {
      if (on('d delete')) vcs(call, 'delete-ref', operands[0], 'replace')
      else if (!on('l list') && (operands.length > 1 || on('e edit graft g convert-graft-file')))
        vcs(call, 'rewrite', operands[0], 'replace')
      return undefined
    },
  },
  {
    names: 'notes',
    short: 'mFcC',
    long: 'message file ref',
    does: ({ call, args, operands }) => {
      for (const field of args.values('F file')) touch(call, 'path.read', field)
      if (/^(remove|prune)$/.test(plainOf(operands[0]) ?? '')) vcs(call, 'delete-ref', operands[1], 'notes')
      return undefined
    },
  },
  {
    names: 'remote',
    short: 'tm',
    flags: 'verbose add push fetch all tags no-tags',
    does: ({ call, operands, on }) => {
      const what = plainOf(operands[0])
      if (what === 'remove' || what === 'rm') vcs(call, 'delete-ref', operands[1], 'remote')
      const url = what === 'add' || what === 'set-url' ? plainOf(operands[2]) : undefined
      if (url !== undefined && /^[a-z]+::/i.test(url)) vcs(call, 'configure-code', operands[2], 'transport')
      if (what === 'set-url' && on('delete')) vcs(call, 'delete-ref', operands[1], 'remote')
      return undefined
    },
  },
]
