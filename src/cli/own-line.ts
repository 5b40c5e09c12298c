// Rewrites a command line so that it starts this very program: before an installation root has no `sekisho` in its PATH.
import { join } from 'node:path'
import { shellWord } from '../base/shell-word.ts'

const INSTALLED = '/opt/sekisho'

/** `typed` begins with `sekisho`. `root`: the directory of our code; `here`: the working directory. */
export function ownLine(typed: string, root: string, here: string): string {
  if (root === INSTALLED) return typed
  const launcher = here === root ? 'bin/sekisho' : shellWord(join(root, 'bin/sekisho'))
  return typed.replace(/^sekisho(?= |$)/, launcher)
}
