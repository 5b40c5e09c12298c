// The line that was typed, as it starts this very program: before an installation there is no `sekisho` on the path of root.
import { join } from 'node:path'
import { shellWord } from '../base/shell-word.ts'

const INSTALLED = '/opt/sekisho'

/** `typed` begins with `sekisho`. `root`: where our code lies; `here`: the directory of whoever types. */
export function ownLine(typed: string, root: string, here: string): string {
  if (root === INSTALLED) return typed
  const launcher = here === root ? 'bin/sekisho' : shellWord(join(root, 'bin/sekisho'))
  return typed.replace(/^sekisho(?= |$)/, launcher)
}
