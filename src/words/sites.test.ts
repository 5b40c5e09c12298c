import { expect, test } from 'vitest'
import { proofSentence } from './outcome.ts'
import { siteLines } from './sites.ts'

const facts = {
  asked: [
    { url: 'https://a.test/', before: '200', after: '502' },
    { url: 'https://b.test/', before: '200', after: 'refused' },
    { url: 'https://a.test/up', before: '200', after: '200' },
  ],
  notAsked: [
    { where: 'a.test ~ \\.php$', why: 'regex' },
    { where: '7', why: 'more' },
  ],
}

test('what was asked and what was not is listed in both languages', () => {
  expect(siteLines(facts, 'en')).toEqual([
    'GET https://a.test/  before 200 → after 502',
    'GET https://b.test/  before 200 → after no connection',
    'GET before and after the change, same status: https://a.test/up (200)',
    'not asked: a.test ~ \\.php$ (regular expression), 7 more',
  ])
  expect(siteLines(facts, 'ja')).toEqual([
    'GET https://a.test/  前 200 → 後 502',
    'GET https://b.test/  前 200 → 後 接続できない',
    '変更の前と後に GET、応答コードは同じ: https://a.test/up（200）',
    '尋ねていないもの: a.test ~ \\.php$（正規表現）、ほか 7 件',
  ])
})

test('where nothing was asked it is said, and a proof of something else has no such line', () => {
  expect(siteLines({ asked: [], notAsked: [] }, 'en')).toEqual(['no site was asked'])
  expect(siteLines({ workers: 4 }, 'en')).toEqual([])
})

test('a lost site is named with both answers', () => {
  const lost = { why: 'site_lost', lost: ['https://a.test/ 200 → 502'] }
  expect(proofSentence(lost, 'en')).toEqual({
    what: 'a site that answered before the change gives a 5xx or no answer now',
    why: 'https://a.test/ 200 → 502',
  })
  expect(proofSentence(lost, 'ja')?.why).toBe('https://a.test/ 200 → 502')
})
