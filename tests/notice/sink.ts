// A web server on the loopback that keeps what is posted to it, and answers as a test says.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Posted {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export interface Sink {
  readonly url: string
  readonly posted: Posted[]
  /** Default: 204. */
  answer: (one: Posted, response: ServerResponse) => void
  close(): Promise<void>
}

export async function startSink(): Promise<Sink> {
  const posted: Posted[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }
      posted.push(one)
      sink.answer(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sink: Sink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    posted,
    answer: (_, response) => {
      response.statusCode = 204
      response.end()
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return sink
}
