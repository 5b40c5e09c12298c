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

/** A file of variables may hold a secret under any name: what is not plainly something else is made. Undefined: it stays. */
export function madeUnlessPlain(name: string, value: string, random: Random): string | undefined {
  const known = madeValue(name, value, random)
  if (known !== undefined || value === '' || isPlain(name, value)) return known
  const address = ADDRESS.exec(value)
  if (address === null) return ofSameShape(value, random)
  // Where it leads stays; what stands behind may be a token.
  const [, start = '', rest = ''] = address
  return rest.length <= 1 ? undefined : start + ofSameShape(rest, random)
}

const ADDRESS = /^([a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+)(.*)$/i
const LOCAL_ADDRESS =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^\s/@:]*@)?(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[?::1?\]?)(?::\d+)?(?:\/[\w./-]*)?$/i
const SWITCH =
  /^(?:true|false|on|off|yes|no|y|n|enabled?|disabled?|none|null|auto|always|never|development|production|staging|test(?:ing)?|dev|prod|local|trace|debug|verbose|info|notice|warn(?:ing)?|error|fatal|critical|silent|quiet|json|text|plain|utc|utf-?8|c|posix)$/i
const LOCALE = /^(?:[a-z]{2,3}_[A-Z]{2}(?:\.[\w-]+)?|C\.UTF-?8|[A-Z][a-z]+\/[A-Z][A-Za-z_]+)$/
/** The name says what the value is, and it is one plain word. */
const PLAIN_NAME =
  /(?:^|_)(?:NAME|USER|USERNAME|ENV|ENVIRONMENT|LEVEL|MODE|HOST|HOSTNAME|BIND|LANG|LOCALE|TZ|TIMEZONE|REGION|DATABASE|DB|SCHEMA|FORMAT|DRIVER|VERSION|TITLE|THEME)$/i

/** A number with a unit, a switch, a local address, a path, a locale; or a plain word under a name that says so. */
function isPlain(name: string, value: string): boolean {
  return (
    /^-?\d{1,12}(?:\.\d+)?(?:ms|s|m|h|d|k|kb|mb|gb|ki|mi|gi|%)?$/i.test(value) ||
    SWITCH.test(value) ||
    LOCAL_ADDRESS.test(value) ||
    LOCALE.test(value) ||
    (/^\.{0,2}\/[\w./@+-]*$/.test(value) && value.split('/').every((part) => part.length <= 40)) ||
    (PLAIN_NAME.test(name) && /^[\w.-]{1,32}$/.test(value))
  )
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
