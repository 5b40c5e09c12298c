// What a FileState does not say of a file: its access list and extended attributes, compared between a file and its copy.
import type { run } from '../../sys/process.ts'

/** `not_compared` where the machine has neither getfacl nor getfattr: said, not hidden. */
export type Extras = 'equal' | 'different' | 'not_compared'

export async function sameExtras(copy: string, real: string, exec: typeof run): Promise<Extras> {
  const answers = await Promise.all([
    same(exec, ['getfacl', '--absolute-names', '--numeric', '--omit-header', '--'], copy, real),
    same(
      exec,
      ['getfattr', '--absolute-names', '--no-dereference', '--dump', '--match=-', '--encoding=hex', '--'],
      copy,
      real,
    ),
  ])
  if (answers.includes('different')) return 'different'
  return answers.includes('not_compared') ? 'not_compared' : 'equal'
}

async function same(exec: typeof run, argv: readonly string[], a: string, b: string): Promise<Extras> {
  const [one, other] = await Promise.all([exec([...argv, a]), exec([...argv, b])])
  if (one.code !== 0 || other.code !== 0) return 'not_compared'
  return body(one.stdout) === body(other.stdout) ? 'equal' : 'different'
}

function body(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# file:'))
    .sort()
    .join('\n')
}
