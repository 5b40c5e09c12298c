// Frames arrive in any pieces: the same messages come out, and what is no frame ends the connection.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../base/json.ts'
import { encodeFrame, FrameReader, MAX_FRAME } from './frame.ts'

const messages: readonly Json[] = [{ verb: 'status' }, { text: '山川 \u{1f600} "\n' }, [], 'x'.repeat(300)]
const bytes = Buffer.concat(messages.map((one) => encodeFrame(one)))

function frame(body: Uint8Array, length = body.length): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(length)
  return Buffer.concat([head, body])
}

describe('frames', () => {
  test('split at each byte', () => {
    for (let at = 0; at <= bytes.length; at++) {
      const reader = new FrameReader()
      const first = reader.push(bytes.subarray(0, at))
      const second = reader.push(bytes.subarray(at))
      expect(first.ok && second.ok && [...first.messages, ...second.messages]).toEqual(messages)
    }
  })

  test('byte by byte, and in pieces of chance', () => {
    const one = new FrameReader()
    expect(
      [...bytes].flatMap((byte) => {
        const answer = one.push(Uint8Array.of(byte))
        return answer.ok ? answer.messages : ['?']
      }),
    ).toEqual(messages)
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 60 }), (sizes) => {
        const reader = new FrameReader()
        const found: Json[] = []
        let at = 0
        for (const size of [...sizes, bytes.length]) {
          const answer = reader.push(bytes.subarray(at, at + size))
          at += size
          if (!answer.ok) throw new Error(answer.why)
          found.push(...answer.messages)
        }
        expect(found).toEqual(messages)
      }),
    )
  })

  test('the longest frame passes, one byte more does not', () => {
    const longest = 'x'.repeat(MAX_FRAME - 2)
    expect(new FrameReader().push(encodeFrame(longest))).toEqual({ ok: true, messages: [longest] })
    expect(() => encodeFrame(`${longest}x`)).toThrow(RangeError)
    // Refused by its length alone, before a byte of it is kept.
    expect(new FrameReader().push(frame(Buffer.alloc(0), MAX_FRAME + 1))).toEqual({
      ok: false,
      why: `a frame of ${MAX_FRAME + 1} bytes`,
    })
    expect(new FrameReader().push(frame(Buffer.alloc(0), 0xffff_ffff)).ok).toBe(false)
  })

  test.each([
    ['not canonical', Buffer.from('{"b":1,"a":2}')],
    ['not JSON', Buffer.from('GET / HTTP/1.1\r\n')],
    ['empty', Buffer.alloc(0)],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')])],
    ['a number that another reader rounds', Buffer.from('9007199254740993')],
  ])('refuses a body that is %s', (_, body) => {
    expect(new FrameReader().push(frame(body)).ok).toBe(false)
  })

  test('any bytes get an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(new FrameReader().push(frame(body)).ok).toBeTypeOf('boolean')
        expect(new FrameReader().push(body).ok).toBeTypeOf('boolean')
      }),
      { numRuns: 5000 },
    )
  })
})
