// Runs the reader over a text: twice, what the first turn has bound the second one sees; only the second one tells.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { say, type Teller } from './effects.ts'
import { givenBy } from './given.ts'
import { kitOf } from './kits.ts'
import type { Language, Line } from './language.ts'
import { lex } from './lex.ts'
import { Reader } from './read.ts'
import type { Code } from './value.ts'

const NESTED = 6
const TOKENS = 20_000
const LONG = 20_000
/** A loop that does nothing but make another process, which goes on with the loop. */
const FORKS =
  /(?=fork|while|loop)(?<=(?:^|[;{}])\s*)(?:fork\b(?:\(\s*\))?\s+(?:while\s+(?:1|true|fork)|until\s+(?:0|false))\b|(?:while\s*(?:\(\s*)?(?:1|true|fork\b(?:\(\s*\))?)\s*(?:\)\s*)?|loop\s*)(?:\{|do\b|:)\s*(?:os\.|Process\.|pcntl_)?fork\b(?:\(\s*\))?\s*(?:;\s*)?(?:\}|end\b|$))/im
/** `<*.log>`: what a pattern stands for. */
const GLOB = /<([\w.~/-]{0,200}[*?][\w.*?~/{},-]{0,200})>/g
const TEXTS = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|#.*/g

/** Code that the line gives no words. */
const ALONE: Line = { words: [], script: false }

export function readCode(
  source: string,
  language: Language,
  call: Call,
  field: Field,
  line: Line = ALONE,
  nested = 0,
): void {
  if (nested > NESTED) return
  const called = language.signed === true ? source.replaceAll(/(?<=\w)[!?](?=[\s.(])/g, '') : source
  const text = language.globs === true ? called.replaceAll(GLOB, 'glob("$1")') : called
  const tokens = lex(text, language.syntax)
  if (!call.shell.world.step(1 + (tokens.length >> 3))) return
  const names = new Map<string, Code>()
  const functions = new Map<string, readonly string[]>()
  const tell: Teller = {
    call,
    field,
    language,
    kit: kitOf(source),
    read: (inner) => readCode(inner, language, call, field, line, nested + 1),
    given: givenBy(language, call.shell.state.variables, line),
    quiet: true,
    sockets: false,
    shells: false,
  }
  for (const quiet of [true, false]) {
    tell.quiet = quiet
    new Reader(
      tokens.length > TOKENS ? tokens.slice(0, TOKENS) : tokens,
      language,
      tell,
      names,
      functions,
    ).program()
  }
  if (tokens.length > TOKENS) call.shell.world.say('unknown code', field.span)
  if (text.includes('fork') && FORKS.test(text.slice(0, LONG).replaceAll(TEXTS, '""')))
    say(tell, 'exec.bomb', { kind: 'program', name: language.name })
  if (tell.sockets && tell.shells) say(tell, 'exec.shell-server', { kind: 'program', name: language.name })
}
