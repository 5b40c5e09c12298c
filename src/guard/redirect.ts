// Redirections: what a command reads, and where what it writes goes; descriptors, sockets and here-documents.
import { expandTarget, expandWhole } from './expand.ts'
import { isManifest } from './manifests.ts'
import type { Path } from './path.ts'
import type { Shell } from './shell.ts'
import { put, type Sink } from './state.ts'
import { either, FROM_NETWORK, isHidden, known, NOTHING, type Stream } from './stream.ts'
import type { Redirect, Span } from './tree.ts'
import { concat, isOpen, literal, prefix, suffix, text, type Value } from './value.ts'

/** Applies redirections: what the command reads, and where what it writes goes. */
export function redirect(
  shell: Shell,
  redirects: readonly Redirect[],
  stdin: Stream,
): { readonly stdin: Stream; readonly sink: Sink } {
  let input = stdin
  let sink: Sink = shell.state.descriptors.get(1)?.write ?? { to: 'pipe' }
  for (const one of redirects) {
    if (!shell.world.step(2)) break
    const expand = /^<<|&$/.test(one.operator) ? expandWhole : expandTarget
    const values = one.target === undefined ? [] : expand(one.target, shell.around())
    switch (one.operator) {
      case '<<':
      case '<<<': {
        const stream = known(
          ...values.map((value) => (one.operator === '<<<' ? concat(value, ['\n']) : value)),
        )
        if (one.descriptor === undefined || one.descriptor === 0) input = stream
        else describe(shell, one.descriptor, { read: stream })
        break
      }
      case '<':
      case '<>': {
        const stream = reads(shell, values, one)
        if (one.descriptor === undefined || one.descriptor === 0) input = stream
        else
          describe(shell, one.descriptor, {
            read: stream,
            ...(one.operator === '<>' ? { write: sinkOf(shell, values, one, true) } : {}),
          })
        break
      }
      case '<&':
      case '>&': {
        const source = values.map((value) => literal(value)?.replace(/-$/, ''))
        const known = source.flatMap((name) =>
          name === undefined || name === ''
            ? []
            : [shell.state.descriptors.get(/^\d+$/.test(name) ? Number(name) : name)],
        )
        const found = known.find((descriptor) => descriptor !== undefined)
        const isDuplicate = source.every(
          (name) =>
            name === undefined || name === '' || /^\d+$/.test(name) || shell.state.descriptors.has(name),
        )
        if (one.operator === '<&') {
          if (one.descriptor !== undefined && one.descriptor !== 0)
            describe(shell, one.descriptor, found ?? {})
          else if (found?.read !== undefined) input = found.read
          else if (sink.to === 'network' && (source[0] === '1' || source[0] === '2')) input = FROM_NETWORK
        } else if (!isDuplicate) sink = sinkOf(shell, values, one, false)
        // `0>&1` where 1 is a socket: what comes in is what the other end types.
        else if (one.descriptor === 0 && source[0] === '1' && sink.to === 'network') input = FROM_NETWORK
        else if (one.descriptor !== undefined && one.descriptor !== 1)
          describe(shell, one.descriptor, found ?? {})
        else if (found?.write !== undefined) sink = found.write
        else if (source[0] === '2') sink = { to: 'nowhere' }
        break
      }
      case '>':
      case '>|':
      case '>>':
      case '&>':
      case '&>>': {
        const to = sinkOf(shell, values, one, one.operator === '>>' || one.operator === '&>>')
        if (one.descriptor === undefined || one.descriptor === 1 || one.operator.startsWith('&')) sink = to
        else describe(shell, one.descriptor, { write: to })
      }
    }
  }
  return { stdin: input, sink }
}

function describe(
  shell: Shell,
  key: number | string,
  descriptor: { readonly read?: Stream; readonly write?: Sink },
): void {
  if (!shell.pay(shell.state.descriptors)) return
  shell.state = { ...shell.state, descriptors: put(shell.state.descriptors, key, descriptor) }
  if (typeof key === 'string' && !key.includes('[')) shell.set(key, { values: [text(key)] })
}

function reads(shell: Shell, values: readonly Value[], { span }: Redirect): Stream {
  let all: Stream | undefined
  for (const value of values) {
    const device = suffix(value)
    const number = /^\/dev\/(?:fd\/(\d+)|stdin)$/.exec(device)
    const descriptor = number === null ? undefined : shell.state.descriptors.get(Number(number[1] ?? 0))
    const paths = shell.paths(value)
    let stream: Stream
    if (descriptor?.read !== undefined) stream = descriptor.read
    else if (isSocket(value)) {
      shell.emit({ verb: 'net.download', on: { kind: 'url', url: value } }, span)
      stream = { origins: [{ from: 'network' }] }
    } else {
      const hidden = isHidden(value) ? { hidden: true as const } : {}
      for (const one of paths)
        shell.emit({ verb: 'path.read', on: { kind: 'path', path: one }, ...hidden }, span)
      stream = shell.contents(paths)
    }
    all = all === undefined ? stream : either(all, stream)
  }
  return all ?? NOTHING
}

function sinkOf(shell: Shell, values: readonly Value[], { span }: Redirect, append: boolean): Sink {
  const paths: Path[] = []
  for (const value of values) {
    if (isSocket(value)) return { to: 'network' }
    const plain = literal(value)
    if (plain !== undefined && QUIET.has(plain)) return { to: 'nowhere' }
    const number = plain === undefined ? null : /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(plain)
    const descriptor = number === null ? undefined : shell.state.descriptors.get(Number(number[1]))
    if (descriptor?.write !== undefined) return descriptor.write
    for (const one of shell.paths(value)) {
      const certainty = isOpen(value) ? ('possible' as const) : ('exact' as const)
      shell.emit(
        { verb: append ? 'path.append' : 'path.write', on: { kind: 'path', path: one }, certainty },
        span,
      )
      paths.push(one)
    }
  }
  return { to: 'file', paths, append }
}

/** The first line of a request of HTTP. */
export const REQUEST = /^([A-Z]{3,10}) (\S{1,500}) HTTP\//

/** `empties`: nothing is there to be written, and the file is emptied for that. */
export function deliver(shell: Shell, out: Stream, sink: Sink, span: Span, empties = false): Stream {
  switch (sink.to) {
    case 'pipe':
      return out
    case 'nowhere':
      return NOTHING
    case 'network':
      shell.upload(out, span, [], true)
      for (const one of out.texts ?? []) {
        const method = REQUEST.exec(prefix(one))?.[1]
        if (method !== undefined)
          shell.emit({ verb: 'net.mutate', on: { kind: 'url', url: [], method } }, span)
      }
      return NOTHING
    case 'file':
      if (!sink.append && empties)
        for (const one of sink.paths)
          shell.emit({ verb: 'path.write', on: { kind: 'path', path: one }, note: 'emptied' }, span)
      else if (!sink.append && isUnseen(out)) replaced(shell, sink.paths, span)
      shell.remember(sink.paths, out, sink.append, span)
      return NOTHING
  }
}

/** Nothing of the text is known. */
const isUnseen = ({ texts }: Stream): boolean =>
  texts === undefined ||
  texts.some((one) => isOpen(one) && one.every((piece) => typeof piece !== 'string' || piece.trim() === ''))

/** A manifest is written over with what this text does not show. */
function replaced(shell: Shell, paths: readonly Path[], span: Span): void {
  for (const one of paths) {
    const last = one.segments.at(-1)
    if (last !== undefined && last !== 'tree' && isManifest(last))
      shell.emit({ verb: 'path.write', on: { kind: 'path', path: one }, note: 'replaced' }, span)
  }
}

const QUIET = new Set(['/dev/null', '/dev/stdout', '/dev/stderr', '/dev/tty', '/dev/full'])

const isSocket = (value: Value) => {
  const [first] = value
  return typeof first === 'string' && (first.startsWith('/dev/tcp/') || first.startsWith('/dev/udp/'))
}
