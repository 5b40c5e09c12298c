// One command of the play: what is typed, run, and shown.
import type { Outcome } from '../tests/host/host.ts'
import type { Who } from '../tests/world/world.ts'
import type { Stage } from './scenes.ts'

/** Shows what is typed, runs it, shows what it prints: all of it, its first line, the first or (below zero) the last lines, or nothing. */
export async function type(
  stage: Stage,
  who: Who,
  argv: readonly string[],
  show: 'all' | 'out' | 'title' | number = 'all',
): Promise<Outcome> {
  stage.figures.commands++
  stage.typed(who, `sekisho ${argv.map(quoted).join(' ')}`)
  // A person's terminal shows both streams as they come.
  const result = await stage.world.sekisho(who, argv, {
    language: stage.language,
    together: show !== 'out',
  })
  const text = shownOf(result.stdout.trimEnd(), show)
  if (text.trim() !== '') stage.say(text)
  return result
}

function shownOf(text: string, show: 'all' | 'out' | 'title' | number): string {
  if (show === 'all' || show === 'out') return text
  const count = show === 'title' ? 1 : show
  const lines = text.split('\n')
  return (count < 0 ? lines.slice(count) : lines.slice(0, count)).join('\n')
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`)
