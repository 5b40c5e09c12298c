// The variables of a program are where services keep their secrets: what shows them, and what hands a file of them to a program.
import type { Field } from './fields.ts'
import type { Call } from './shell.ts'
import { environmentStream, type Stream } from './stream.ts'
import { touch } from './tool.ts'
import { literal, prefix } from './value.ts'

/** Names that variables with a secret in them have. */
const SECRET_NAME =
  /key|secret|token|passw|passphrase|pwd|(?:^|_)pw$|credential|auth|private|salt|dsn|_url|conn/i

export const namesSecret = (name: string): boolean => SECRET_NAME.test(name)

/** `printenv`, `env`, `export -p`: the variables of whatever it runs in. In a running container those are the ones of its service. */
export function environmentOf(call: Call, names: readonly Field[] = []): Stream {
  const { within } = call.shell.state
  const isShown = names.length === 0 || names.some(({ value }) => SECRET_NAME.test(literal(value) ?? 'key'))
  if (within !== undefined && isShown)
    call.shell.emit(
      {
        verb: 'infra.reveal',
        on: { kind: 'infra', platform: within.platform, type: 'environment', name: within.name },
      },
      call.span,
    )
  return environmentStream()
}

/** Characters of a text that are looked at. */
const MOST = 4_096
const LISTS = new Set('env genv printenv export set declare typeset compgen'.split(' '))
const SHELLS = /^(?:ba|da|z|k|a|fi)?sh$/
const LANGUAGES = /^(?:node|nodejs|deno|bun|tsx|ts-node|python[\d.]*|pypy3?|ruby|perl|php|lua)$/
/** Options behind which code stands. */
const CODE = /^-(?:[a-z]*[cep]|E|-eval|-print|-run)$/
/** Code that speaks of the variables; in a shell only where one of them is printed. */
const SPEAKS = /env/i
const PRINTS =
  /(?:^|[\s;|&({])(?:env|printenv|export|set|declare)\b|environ|\b(?:echo|printf)\b[^;|&\n]*\$\{?\w*(?:key|secret|token|pass|pwd|credential|auth|private|salt|dsn|_url|conn)/i

/** Whether a command prints the variables that it is given: nobody sees those of a program that is only started. */
export function showsEnvironment(words: readonly Field[]): boolean {
  const rest = words.filter(({ value }) => !/^[A-Za-z_]\w*=/.test(prefix(value)))
  const [first, ...others] = rest
  if (first === undefined) return false
  const name = (literal(first.value) ?? '').split('/').at(-1) ?? ''
  const texts = others.filter((_, i) => {
    const option = literal(others[i - 1]?.value ?? []) ?? ''
    return CODE.test(option) || (option === '-r' && name.startsWith('php')) || (i > 0 && option === 'eval')
  })
  const speaks = (code: RegExp) =>
    texts.some(({ value }) => {
      const source = literal(value)
      return source === undefined || code.test(source.slice(0, MOST))
    })
  if (LISTS.has(name)) {
    const inner = others.findIndex(({ value }) => !prefix(value).startsWith('-'))
    return name.endsWith('env') && name !== 'printenv' && inner !== -1
      ? showsEnvironment(others.slice(inner))
      : others.every(
          ({ value }) => SECRET_NAME.test(literal(value) ?? 'key') || prefix(value).startsWith('-'),
        )
  }
  if (SHELLS.test(name)) return speaks(PRINTS)
  if (LANGUAGES.test(name)) return speaks(SPEAKS)
  return others.some(({ value }) => /^\/proc\/[^/]+\/environ$/.test(literal(value) ?? ''))
}
/** A file of variables for a program that starts: read by whoever sees what the program prints of it, handed over by all others. */
export function handOver(call: Call, file: Field, words: readonly Field[]): void {
  touch(call, 'path.read', file, showsEnvironment(words) ? {} : { note: 'handed' })
}
