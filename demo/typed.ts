// One command of the play: what is typed, run, and shown.
import type { Outcome } from '../tests/host/host.ts'
import type { Who } from '../tests/world/world.ts'
import type { Stage } from './scenes.ts'

/** Shows what is typed, runs it, shows what it prints. */
export async function type(
  stage: Stage,
  who: Who,
  argv: readonly string[],
  show: 'all' | 'out' | 'title' = 'all',
): Promise<Outcome> {
  stage.figures.commands++
  stage.typed(who, `sekisho ${argv.map(quoted).join(' ')}`)
  // A person's terminal shows both streams as they come.
  const result = await stage.world.sekisho(who, ['--lang', stage.language, ...argv], {
    together: show !== 'out',
  })
  const text = show === 'title' ? (result.stdout.split('\n')[0] ?? '') : result.stdout
  if (text.trim() !== '') stage.say(text.trimEnd())
  return result
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`)
