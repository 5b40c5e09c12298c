// Until when the certificate is valid that a declared address shows. It is read by a handshake that checks nothing: whether the service is
// trusted is for the health check to say.
import { isIP } from 'node:net'
import { connect } from 'node:tls'

const LIMIT_MS = 10_000

export function readCertificate(
  url: URL,
  now: number,
  signal: AbortSignal,
): Promise<{ readonly leftMs: number; readonly until: string } | { readonly why: string }> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const socket = connect({
      host,
      port: url.port === '' ? 443 : Number(url.port),
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    })
    const end = (found: { leftMs: number; until: string } | { why: string }) => {
      socket.destroy()
      resolve(found)
    }
    socket.setTimeout(LIMIT_MS, () => end({ why: 'timeout' }))
    signal.addEventListener('abort', () => end({ why: 'aborted' }), { once: true })
    socket.once('error', (error: NodeJS.ErrnoException) => end({ why: error.code ?? 'broken' }))
    socket.once('secureConnect', () => {
      const { valid_to: validTo } = socket.getPeerCertificate()
      const until = Date.parse(validTo ?? '')
      end(
        Number.isNaN(until)
          ? { why: 'no certificate' }
          : { leftMs: until - now, until: new Date(until).toISOString() },
      )
    })
  })
}
