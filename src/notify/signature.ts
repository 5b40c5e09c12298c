// How a webhook is signed: the bytes, when they were sent and which message it is, so that a copy sent later is refused by whoever checks.
import { keyedHash } from '../base/hash.ts'

export interface SignedHeaders {
  readonly 'x-sekisho-id': string
  /** Seconds since 1970. */
  readonly 'x-sekisho-timestamp': string
  /** `v1=` and HMAC-SHA-256 over `ID.TIMESTAMP.BODY` in hexadecimal digits. */
  readonly 'x-sekisho-signature': string
}

export function signedHeaders(of: {
  readonly id: string
  readonly seconds: number
  readonly body: string
  readonly secret: string
}): SignedHeaders {
  const { id, seconds, body, secret } = of
  const digest = keyedHash(Buffer.from(secret), `${id}.${seconds}.${body}`)
  return {
    'x-sekisho-id': id,
    'x-sekisho-timestamp': String(seconds),
    'x-sekisho-signature': `v1=${digest}`,
  }
}
