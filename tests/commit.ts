// The commit that is tested; where files differ from it, with `+` and a digest of the difference.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'

const git = (...words: readonly string[]) =>
  execFileSync('git', ['-c', 'safe.directory=*', ...words], {
    cwd: import.meta.dirname,
    maxBuffer: 1_000_000_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })

export function commitHere(): string {
  try {
    const difference = git('diff', 'HEAD', '--binary')
    const changed =
      difference.length === 0 ? '' : `+${createHash('sha256').update(difference).digest('hex').slice(0, 8)}`
    return `${git('rev-parse', 'HEAD').toString().trim()}${changed}`
  } catch {
    return 'unknown'
  }
}
