// The one door out of a room whose step may fetch dependencies: CONNECT to a declared host, and nothing else. It listens on a socket with a path; the room has no
// route. What passes through is counted and never read. Its first lines are parsed here, by hand and with bounds, for candidate code writes them.
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net'

/** A declared name, `registry.example` for port 443, or `registry.example:8443`. */
export function declaredHost(text: string): { readonly host: string; readonly port: number } | undefined {
  const found = /^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}))(?::(\d{1,5}))?$/.exec(text)
  const port = Number(found?.[2] ?? 443)
  if (found?.[1] === undefined || port < 1 || port > 65_535) return undefined
  return { host: found[1].toLowerCase().replace(/\.$/, ''), port }
}

/** What the request line and its headers ask for, once they are whole. */
export function readConnect(head: string): { readonly host: string; readonly port: number } | undefined {
  const line = /^CONNECT ([^\s]+) HTTP\/1\.[01]\r\n/.exec(head)?.[1]
  return line === undefined || !line.includes(':') ? undefined : declaredHost(line)
}

const HEAD_BYTES = 8_192
const HEAD_MS = 10_000
const CONNECTIONS = 64

export interface RegistryProxy {
  /** Hosts that were asked for and refused, each once, at most a hundred. */
  readonly refused: readonly string[]
  readonly bytes: number
  close(): Promise<void>
}

export interface ProxyLimits {
  readonly bytes: number
}

/** Listens at `path`. The socket belongs to us: whoever starts the room gives it to the id inside. */
export function openRegistryProxy(
  path: string,
  hosts: readonly string[],
  limits: ProxyLimits,
): Promise<RegistryProxy> {
  const allowed = new Set(
    hosts.flatMap((text) => {
      const one = declaredHost(text)
      return one === undefined ? [] : [`${one.host}:${one.port}`]
    }),
  )
  const refused: string[] = []
  const open = new Set<Socket>()
  let bytes = 0
  const hold = (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const pass = (from: Socket, to: Socket) => {
    from.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limits.bytes) {
        for (const socket of open) socket.destroy()
        return
      }
      if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    from.on('end', () => to.end())
    from.on('close', () => to.destroy())
  }
  const answer = (socket: Socket, line: string) => {
    socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\n\r\n`)
  }
  const ask = (inside: Socket, head: string, rest: Buffer): void => {
    const wanted = readConnect(head)
    if (wanted === undefined) return answer(inside, '405 Only CONNECT')
    const name = `${wanted.host}:${wanted.port}`
    if (!allowed.has(name)) {
      if (refused.length < 100 && !refused.includes(name)) refused.push(name)
      return answer(inside, '403 Not a declared host')
    }
    const outside = connectTo({ host: wanted.host, port: wanted.port })
    hold(outside)
    outside.once('connect', () => {
      inside.write('HTTP/1.1 200 Connected\r\n\r\n')
      if (rest.length > 0) outside.write(rest)
      pass(inside, outside)
      pass(outside, inside)
      inside.resume()
    })
    outside.once('error', () => answer(inside, '502 The host did not answer'))
    inside.once('close', () => outside.destroy())
  }
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (inside) => {
    hold(inside)
    if (open.size > 2 * CONNECTIONS) {
      inside.destroy()
      return
    }
    let head: Buffer = Buffer.alloc(0)
    inside.setTimeout(HEAD_MS, () => inside.destroy())
    const more = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) {
        if (head.length > HEAD_BYTES) answer(inside, '431 Too large')
        return
      }
      inside.off('data', more)
      inside.pause()
      inside.setTimeout(0)
      ask(inside, head.subarray(0, end + 2).toString('latin1'), head.subarray(end + 4))
    }
    inside.on('data', more)
  })
  const proxy: RegistryProxy = {
    refused,
    get bytes() {
      return bytes
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve(proxy))
  })
}
