import { expect, test } from 'vitest'
import { TAR_FAULTS } from '../backup/tar.ts'
import { ARCHIVE_WHYS, archiveSentence } from './archive-why.ts'

test('each reason why an archive is not taken over has a sentence in both languages, with what to type', () => {
  expect(ARCHIVE_WHYS).toEqual(expect.arrayContaining([...TAR_FAULTS]))
  for (const why of ARCHIVE_WHYS)
    for (const language of ['ja', 'en'] as const) {
      const said = archiveSentence({ archive: '/backup/a b.tar.gz', why, member: 'x/y' }, language)
      expect(said.what).toContain('/backup/a b.tar.gz  x/y')
      expect(said.why, `${language} ${why}`).not.toBe(why)
      if (why !== 'growing') expect(said.next?.join(' '), why).toContain('tar -')
    }
})
