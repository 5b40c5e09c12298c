// The HTTP door: reads a request within its limits, asks the service, writes the answer and one log line.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Log } from './log.ts'
import { problem, type Reply, type Service } from './service.ts'

export function openDoor(service: Service, log: Log): Server {
  const server = createServer((request, response) => {
    const started = performance.now()
    void reply(service, request)
      .catch((error: unknown): Reply => {
        log.error('request failed', { path: request.url ?? '', why: String(error) })
        return problem(500, 'something went wrong here; it is in error.log')
      })
      .then((answer) => {
        send(response, answer)
        service.metrics.request(answer.status)
        const ms = Math.round(performance.now() - started)
        log.debug('request', {
          method: request.method ?? '',
          path: pathOf(request),
          status: answer.status,
          ms,
        })
      })
  })
  server.requestTimeout = 30_000
  return server
}

async function reply(service: Service, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const read = await readBody(request, service.config.uploadLimitMb * 1024 * 1024)
  if (read.state === 'too large') return problem(413, `more than ${service.config.uploadLimitMb} MB`)
  let body: unknown
  try {
    body = read.text === '' ? undefined : JSON.parse(read.text)
  } catch {
    return problem(400, 'the body is not JSON')
  }
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  const forwarded = request.headers['x-forwarded-for']
  return service.answer({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    token: bearer,
    body,
    from: typeof forwarded === 'string' ? forwarded : (request.socket.remoteAddress ?? ''),
  })
}

type Body = { readonly state: 'read'; readonly text: string } | { readonly state: 'too large' }

async function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size <= limit) chunks.push(bytes)
  }
  return size > limit
    ? { state: 'too large' }
    : { state: 'read', text: Buffer.concat(chunks).toString('utf8') }
}

function send(response: ServerResponse, answer: Reply): void {
  if (answer.text !== undefined) {
    response.writeHead(answer.status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(answer.text)
  } else if (answer.json !== undefined) {
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(`${JSON.stringify(answer.json)}\n`)
  } else response.writeHead(answer.status).end()
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? ''
}
