// An engine of containers by its socket: what is asked of it there is a command of its client.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { NOTHING } from '../stream.ts'
import { fieldFor } from '../tool.ts'
import { literal, prefix } from '../value.ts'

const SOCKET = /(?:^|\/)(docker|podman)(?:\.raw)?\.sock$/
const ADDRESS =
  /^(?:https?:\/\/[^/]*)?(?:\/v[\d.]+)?(?:\/libpod)?\/(container|volume|image|network)s(?:\/([^/?]+))?(?:\/(\w+))?\/?(?:\?|$)/
const STOPS = /^(?:stop|kill|restart|pause)$/

/** What a new container gets of its host. */
function lent(body: string): readonly string[] {
  const words: string[] = []
  if (/"Privileged"\s*:\s*true/.test(body)) words.push('--privileged')
  for (const [, space = ''] of body.matchAll(/"(Pid|Ipc|UTS|Userns)Mode"\s*:\s*"host"/g))
    words.push(`--${space.toLowerCase()}=host`)
  for (const [, inside = ''] of body.matchAll(/"Binds"\s*:\s*\[([^\]]*)\]/g))
    for (const [, bind = ''] of inside.matchAll(/"([^"]*)"/g)) words.push('-v', bind)
  for (const [, inside = ''] of body.matchAll(/"CapAdd"\s*:\s*\[([^\]]*)\]/g))
    for (const [, power = ''] of inside.matchAll(/"([^"]*)"/g)) words.push('--cap-add', power)
  for (const [, source = ''] of body.matchAll(/"Source"\s*:\s*"([^"]*)"/g)) words.push('-v', `${source}:/mnt`)
  return words
}

function wordsFor(method: string, address: string, body: string): readonly string[] | undefined {
  const [, noun, name, act] = ADDRESS.exec(address) ?? []
  if (noun === undefined || name === undefined) return undefined
  if (method === 'DELETE') return [noun, 'rm', '-f', name]
  if (method !== 'POST') return undefined
  if (name === 'prune') return [noun, 'prune', '-f']
  if (noun !== 'container') return undefined
  if (name === 'create') return ['create', ...lent(body), 'image']
  return act !== undefined && STOPS.test(act) ? [act, name] : undefined
}

/** Whether `socket` is an engine's, which then does what is asked of it. */
export function askEngine(
  call: Call,
  socket: Field | undefined,
  url: Field,
  method: string,
  body: string,
): boolean {
  const engine = SOCKET.exec(literal(socket?.value ?? []) ?? '')?.[1]
  if (engine === undefined) return false
  const words = wordsFor(method, literal(url.value) ?? prefix(url.value), body)
  if (words === undefined) return false
  const [program, ...rest] = [engine, ...words].map((word) => fieldFor(call, [word]))
  if (program !== undefined) call.shell.fork().start(program, rest, NOTHING, url.span)
  return true
}
