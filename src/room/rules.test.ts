import { describe, expect, test } from 'vitest'
import { keepText } from './kept-text.ts'
import { globPattern } from './read-out.ts'
import { declaredHost, readConnect } from './registry-proxy.ts'
import { staysWithin } from './take-out.ts'

describe('rules of a room', () => {
  test('a link stays within the tree, or leads to a program of the system', () => {
    const at = '/srv/app/releases/one'
    const stays = (path: string, target: string) => staysWithin(path, target, at)
    expect(
      ['../bin/run', '../../a', '.', `${at}/a`, '/usr/bin/python3'].map((to) => stays('a/b/c', to)),
    ).toEqual([true, true, true, true, true])
    expect(
      ['../../../x', '../../../tree/x', '/etc/passwd', '/usr/../etc/passwd', `${at}/../x`, `${at}-2/x`].map(
        (to) => stays('a/b/c', to),
      ),
    ).toEqual([false, false, false, false, false, false])
  })

  test('a pattern of report files', () => {
    expect(globPattern('reports/*.xml').test('reports/a.b.xml')).toBe(true)
    expect(globPattern('reports/*.xml').test('reports/a/b.xml')).toBe(false)
    expect(globPattern('**/junit.xml').test('junit.xml')).toBe(true)
    expect(globPattern('**/junit.xml').test('a/b/junit.xml')).toBe(true)
    expect(globPattern('a.xml').test('abxml')).toBe(false)
  })

  test('only CONNECT to a name and a port is understood', () => {
    expect(readConnect('CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\n')).toEqual({
      host: 'registry.example',
      port: 443,
    })
    for (const line of [
      'GET http://registry.example/ HTTP/1.1\r\n',
      'CONNECT registry.example HTTP/1.1\r\n',
      'CONNECT a b:443 HTTP/1.1\r\n',
      'CONNECT :443 HTTP/1.1\r\n',
      'CONNECT a:99999 HTTP/1.1\r\n',
      'CONNECT [::1]:443 HTTP/1.1\r\n',
    ])
      expect(readConnect(line)).toBeUndefined()
    expect(declaredHost('Registry.Example.')).toEqual({ host: 'registry.example', port: 443 })
    expect(declaredHost('registry.example:8443')).toEqual({ host: 'registry.example', port: 8443 })
  })

  test('beginning and end of a text are kept, and what is left out is counted', () => {
    const kept = keepText(4, 6)
    for (const part of ['ab', 'cdef', 'ghijkl', 'mnop']) kept.add(Buffer.from(part))
    expect(kept.total).toBe(16)
    expect(kept.text()).toBe('abcd\n[… 6 bytes …]\nklmnop')
    const whole = keepText(4, 6)
    whole.add(Buffer.from('abcdefg'))
    expect([whole.text(), whole.cut]).toEqual(['abcdefg', false])
  })

  test('of a secret that lies across the gap, wherever it does, no part is shown', () => {
    const [secret, clean] = ['canary-0123456789', (text: string) => text.replaceAll('canary-0123456789', '')]
    for (let before = 140; before <= 200; before++) {
      const kept = keepText(160, 160)
      kept.add(Buffer.from(`${'x'.repeat(before)}${secret}${'y'.repeat(500)}${secret}${'z'.repeat(before)}`))
      expect(kept.cut).toBe(true)
      for (let from = 0; from + 4 <= secret.length; from++)
        expect(kept.text(clean), String(before)).not.toContain(secret.slice(from, from + 4))
    }
  })
})
