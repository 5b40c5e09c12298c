// What lies behind the words of restic and ssh: the few causes that an operator meets, named, so that a sentence can say what to do. Pure.

/** In the order in which they are looked for: what is told later in the same text says less. */
const CAUSES: readonly (readonly [cause: string, of: RegExp])[] = [
  ['host_key_changed', /REMOTE HOST IDENTIFICATION HAS CHANGED|Offending \S+ key/],
  ['host_key_unknown', /No \S+ host key is known|Host key verification failed/],
  ['key_refused', /Permission denied \((?:publickey|keyboard)/],
  ['certificate_time', /x509: certificate has expired or is not yet valid/],
  ['certificate_name', /x509: (?:certificate is (?:not )?valid for|cannot validate certificate)/],
  ['certificate', /x509: /],
  ['full', /no space left on device|disk quota exceeded|507 Insufficient Storage/i],
  ['read_only', /read-only file system/i],
  ['login', /HTTP response \(401\)|401 Unauthorized/],
  ['forbidden', /HTTP response \(403\)|403 Forbidden|SSH_FX_PERMISSION_DENIED/],
  [
    'not_restic',
    /malformed HTTP|HTTP response to HTTPS|not look like a TLS handshake|405 Method Not Allowed/,
  ],
  ['no_name', /no such host|Could not resolve hostname|ENOTFOUND|EAI_AGAIN/],
  ['no_route', /no route to host|network is unreachable|EHOSTUNREACH|ENETUNREACH/i],
  ['refused', /connection refused|ECONNREFUSED/i],
  ['silent', /timed out during banner exchange/],
  ['timeout', /i\/o timeout|connection timed out|ETIMEDOUT/i],
  ['closed', /connection reset|connection closed|server unexpectedly closed|ECONNRESET/i],
]

export function causeOf(text: string): string | undefined {
  return CAUSES.find(([, of]) => of.test(text))?.[0]
}

/** Is it really the server that was meant? Nothing is said to another one, and trying again does not help. */
export function isNotTrusted(cause: string | undefined): boolean {
  return cause !== undefined && /^(?:host_key|certificate)/.test(cause)
}

/** It is there, it is the right one, and it does not let us. */
export function isRefusal(cause: string | undefined): boolean {
  return cause !== undefined && ['key_refused', 'login', 'forbidden', 'not_restic'].includes(cause)
}

/** Trying again does not help. */
function isLasting(cause: string | undefined): boolean {
  return cause === 'read_only' || isNotTrusted(cause) || isRefusal(cause)
}

/** restic tries again for fifteen minutes, whatever the reason. Answers whether what it has said by now is worth no further wait. */
export function listen(): (chunk: Uint8Array) => boolean {
  let open = ''
  let hopeless = 0
  return (chunk) => {
    const lines = (open + Buffer.from(chunk).toString('utf8')).split('\n')
    open = (lines.pop() ?? '').slice(-LINE_MAX)
    hopeless += lines.filter((line) => / retrying after /.test(line) && isLasting(causeOf(line))).length
    return hopeless >= TRIES
  }
}
const LINE_MAX = 8192
const TRIES = 2
