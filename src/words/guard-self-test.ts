// Words of `sekisho guard self-test`.
import type { Both } from './words.ts'

export const SELF_TEST_WORDS = {
  noHook: {
    ja: '番人はどのエージェントの前にも入っていません。\n入れる  sekisho install claude-code',
    en: 'The guard stands in front of no agent.\nput it in  sekisho install claude-code',
  },
  cannotBeAsked: { ja: '質問できません', en: 'cannot be asked' },
  answered: (right: number, asked: number, uid: number): Both<string> => ({
    ja: `${asked} 問中 ${right} 問に正しく答えました（uid ${uid}）`,
    en: `${right} of ${asked} answered as they must be (uid ${uid})`,
  }),
  differs: (expected: string, got: string): Both<string> => ({
    ja: `期待 ${expected}、実際 ${got}`,
    en: `expected ${expected}, got ${got}`,
  }),
  look: { ja: '調べる', en: 'look' },
} as const
