// What a request of HTTP does, whatever client makes it: what is sent, what is fetched, what is asked of the server.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_NETWORK, originsOf, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { after, COMPONENT, literal, prefix, type Value } from '../value.ts'

/** Something is asked of a server; `body` is what it is asked with. */
export function request(call: Call, url: Field, method: string | undefined, body = ''): void {
  call.shell.emit(
    {
      verb: 'net.mutate',
      on: { kind: 'url', url: url.value, method: method ?? 'GET' },
      ...(body === '' ? {} : { note: body.slice(0, 2_000) }),
    },
    url.span,
  )
}

/** Any word may carry out what an unknown part of it was read from. */
export function sendWords(call: Call, words: readonly Field[], to: Value): void {
  for (const { value, span } of words) {
    const origins = originsOf(value)
    if (origins.length > 0) call.shell.upload({ origins }, span, to)
  }
}

/** Sends a file, or the standard input where it is `-`. */
export function sendFile(call: Call, file: Field, to: Value): void {
  if (literal(file.value) === '-' || literal(file.value) === '/dev/stdin') {
    for (const value of call.stdin.texts ?? []) sendHeld(call, value, file.span, to)
    call.shell.upload(call.stdin, file.span, to)
    return
  }
  touch(call, 'path.read', file)
  const paths = call.shell.paths(file.value)
  call.shell.upload(call.shell.contents(paths), file.span, to)
  for (const one of paths) {
    const others = call.shell.aliased(one)
    if (others.length > 0) call.shell.upload(call.shell.contents(others), file.span, to)
  }
}

/** Under these names a secret is sent to whoever knows it already: to log in, to sign, to ask for another one. */
const CREDENTIAL = /key|token|secret|pass|pwd|auth|cred|sign|assert|code|client|pin|otp/i

/**
 * A client of HTTP sends a token with each request, and a password to log in. Where a secret out of the environment is all that is sent,
 * and not as one, it is carried out.
 */
export function sendHeld(call: Call, value: Value, span: Field['span'], to: Value): void {
  if (/^(?:https?:\/\/)?(?:localhost|127\.|\[::1\])/.test(prefix(to))) return
  const name = /^([\w.-]+)=/.exec(prefix(value))?.[1]
  if (name !== undefined && CREDENTIAL.test(name)) return
  const rest = name === undefined ? value : (after(value, `${name}=`) ?? [])
  const isAll = rest.every((piece) => typeof piece !== 'string' || /^\s*$/.test(piece))
  if (isAll && originsOf(rest).some(({ from }) => from === 'variable'))
    call.shell.upload({ origins: originsOf(rest) }, span, to, true)
}

/** What is fetched goes into a file. */
export function receive(call: Call, file: Field, stream: Stream = FROM_NETWORK): void {
  touch(call, 'path.write', file)
  call.shell.remember(call.shell.paths(file.value), stream, false)
}

/** The name that a download gets from its address. */
export function nameIn(url: Value): Value {
  const source = literal(url)
  if (source === undefined) return ['download.', COMPONENT]
  const name = source
    .replace(/[?#].*$/, '')
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .split('/')
    .at(-1)
  return name === undefined || name === '' ? ['index.html'] : [name]
}

/** `X-HTTP-Method-Override: DELETE`: what the server takes for the method. */
export function overridden(headers: readonly Field[]): string | undefined {
  for (const { value } of headers) {
    const found = /^X-(?:HTTP-)?Method(?:-Override)?:\s*([A-Za-z]+)/i.exec(prefix(value))?.[1]
    if (found !== undefined) return found.toUpperCase()
  }
  return undefined
}

/** `?action=DELETE&name=x`: what is asked for stands in the address, whatever the method is. */
export const asksForAct = ({ value }: Field): boolean =>
  /[?&](?:action|cmd|command|op|operation|_?method|do)=(?:\w*_)?(?:delete|remove|drop|destroy|purge|unload|terminate|shutdown|stop|restart|reboot|kill|wipe|truncate|flush|disable|reset)/i.test(
    prefix(value),
  )
