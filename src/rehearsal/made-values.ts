// Made values that stand for secrets in a room: of the same length and the same kinds of characters, so that what reads them reads them in the same way, and with
// nothing of the real one. Pure: chance is handed in.
import { type Json, type JsonObject, parseJson } from '../base/json.ts'
import type { Random } from '../base/time.ts'

const SECRET_NAME =
  /pass(?:word|wd|phrase)?(?:$|_)|secret|token|(?:^|_)key(?:$|_)|api_?key|credential|(?:^|_)salt(?:$|_)|(?:^|_)auth(?:$|_)|dsn|private|signing/i
/** `scheme://user:password@host`: of an address the password is the secret. */
const PASSWORD_IN_ADDRESS = /^([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)([^\s/@]+)(@)/i

/** Does the name of a variable say that its value is a secret? */
export function namesSecret(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Undefined where nothing of the value is a secret. */
export function madeValue(name: string, value: string, random: Random): string | undefined {
  if (value === '') return undefined
  const address = PASSWORD_IN_ADDRESS.exec(value)
  if (address !== null) {
    const [whole, start = '', password = '', at = ''] = address
    return start + ofSameShape(password, random) + at + value.slice(whole.length)
  }
  return namesSecret(name) ? ofSameShape(value, random) : undefined
}

const KINDS = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'] as const

/** Digits for digits, letters for letters of the same case; hexadecimal text stays hexadecimal. What is neither stays. */
export function ofSameShape(value: string, random: Random): string {
  const isHexadecimal = /^[0-9a-f]{8,}$/.test(value)
  const bytes = random.bytes(2 * value.length)
  return Array.from(value)
    .map((char, i) => {
      const chance = ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)
      if (isHexadecimal) return '0123456789abcdef'[chance % 16] ?? '0'
      const kind = KINDS.find((one) => one.includes(char))
      if (kind !== undefined) return kind[chance % kind.length] ?? char
      // A letter of another script says something; what separates words does not.
      return /\p{L}/u.test(char) ? 'x' : char
    })
    .join('')
}

/** Undefined where the text is no JSON. */
export function madeJson(text: string, random: Random): string | undefined {
  let value: Json
  try {
    value = parseJson(text)
  } catch {
    return undefined
  }
  const walk = (one: Json, isSecret: boolean): Json => {
    if (typeof one === 'string') return isSecret ? ofSameShape(one, random) : one
    if (Array.isArray(one)) return one.map((each: Json) => walk(each, isSecret))
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(
      Object.entries(one as JsonObject).map(([name, each]) => [
        name,
        walk(each, isSecret || isSecretField(name)),
      ]),
    )
  }
  return `${JSON.stringify(walk(value, false), null, 2)}\n`
}

/** Names of fields are written in one word: `passwordHash`. */
function isSecretField(name: string): boolean {
  return namesSecret(name) || /password|secret|token|hash|salt|credential|apikey/i.test(name)
}
