// How the commit of a kept change of code stands: on its branch, pushed, or why not and what follows.
import type { Language, Sentence } from './words.ts'

export interface Delivery {
  readonly state: 'committed' | 'commitFailed' | 'pushed' | 'pushFailed'
  readonly commit: string
  readonly branch?: string | undefined
  /** The declared address. */
  readonly push?: string | undefined
  /** `diverged: …`, or a code. */
  readonly why?: string | undefined
}

interface DeliveryWords {
  readonly label: string
  readonly committed: (commit: string, branch: string) => string
  readonly pushed: (url: string) => string
  readonly waits: (url: string) => string
  readonly pushesNothing: string
  readonly commitFailed: (why: string) => string
  readonly pushFailed: (url: string) => string
  readonly keeps: string
  readonly because: Readonly<Record<string, (said: string) => string>>
  readonly other: (said: string) => string
  readonly next: (of: NextOf) => Readonly<Record<string, readonly string[]>>
  readonly again: string
}

interface NextOf {
  readonly service: string
  readonly url: string
}

const WORDS: Readonly<Record<Language, DeliveryWords>> = {
  ja: {
    label: 'コミット',
    committed: (commit, branch) => `${branch} の ${commit}`,
    pushed: (url) => `${url} へ送った`,
    waits: (url) => `${url} へはまだ送っていない`,
    pushesNothing: '送り先の指定なし',
    commitFailed: (why) => `枝を進められていない（${why}）`,
    pushFailed: (url) => `${url} へ送れていない`,
    keeps: '変更は維持されていて、本番は正しく動いています',
    because: {
      diverged: () => '送り先に、本番にないコミットがある',
      rejected: (said) => `送り先が断った: ${said}`,
      credential: (said) => `送り先に入れない: ${said}`,
      unreachable: (said) => `送り先が答えない: ${said}`,
      time: () => '時間内に終わらなかった',
      scheme: () => '送れるアドレスではない',
    },
    other: (said) => `理由: ${said}`,
    next: ({ service, url }) => ({
      diverged: [
        `git fetch ${url}   （送り先のコミットを本番の枝の上に rebase して、変更として申し出る）`,
        `sekisho do code --service ${service} --commit HEAD --instruction "…"`,
      ],
      rejected: ['送り先の規則（保護された枝、フック）を直す'],
      credential: [`sudo sekisho secret put ${service} NAME   （repo.push.credential に書いた名前）`],
      unreachable: [`git ls-remote ${url}`],
      time: [`git ls-remote ${url}`],
      scheme: ['repo.push.url を https、ssh、file のどれかで書き、sudo sekisho config apply'],
    }),
    again: 'runner は 10 分ごとに、7 日間やり直します',
  },
  en: {
    label: 'commit',
    committed: (commit, branch) => `${commit} on ${branch}`,
    pushed: (url) => `pushed to ${url}`,
    waits: (url) => `not pushed to ${url} yet`,
    pushesNothing: 'no address to push to is declared',
    commitFailed: (why) => `the branch has not moved (${why})`,
    pushFailed: (url) => `not pushed to ${url}`,
    keeps: 'The change is kept, and production runs as approved',
    because: {
      diverged: () => 'it has commits that production has not',
      rejected: (said) => `it refused: ${said}`,
      credential: (said) => `it does not let us in: ${said}`,
      unreachable: (said) => `it does not answer: ${said}`,
      time: () => 'it did not end in time',
      scheme: () => 'that is no address to push to',
    },
    other: (said) => `reason: ${said}`,
    next: ({ service, url }) => ({
      diverged: [
        `git fetch ${url}   (rebase its commits onto the branch of production and propose them)`,
        `sekisho do code --service ${service} --commit HEAD --instruction "…"`,
      ],
      rejected: ['mend the rules of that address (a protected branch, a hook)'],
      credential: [`sudo sekisho secret put ${service} NAME   (the name in repo.push.credential)`],
      unreachable: [`git ls-remote ${url}`],
      time: [`git ls-remote ${url}`],
      scheme: ['write repo.push.url with https, ssh or file, then sudo sekisho config apply'],
    }),
    again: 'the runner tries again every 10 minutes, for 7 days',
  },
}

export const deliveryLabel = (language: Language): string => WORDS[language].label

/** One line each: the commit and its branch, and the push. */
export function deliveryLines(delivery: Delivery, language: Language): readonly string[] {
  const words = WORDS[language]
  const { state, commit, branch = '', push, why = '' } = delivery
  if (state === 'commitFailed') return [words.commitFailed(why)]
  const pushed =
    push === undefined
      ? words.pushesNothing
      : state === 'pushed'
        ? words.pushed(push)
        : state === 'committed'
          ? words.waits(push)
          : `${words.pushFailed(push)}: ${reasonOf(why, words)}`
  return [words.committed(commit.slice(0, 12), branch), pushed]
}

/** Undefined where nothing is left to do for a person. */
export function deliveryTrouble(
  delivery: Delivery,
  service: string,
  language: Language,
): Sentence | undefined {
  const words = WORDS[language]
  const { state, push = '', why = '' } = delivery
  if (state === 'commitFailed')
    return { what: words.commitFailed(why), why: words.keeps, next: [words.again] }
  if (state !== 'pushFailed') return undefined
  return {
    what: `${words.pushFailed(push)}: ${reasonOf(why, words)}`,
    why: words.keeps,
    next: [...(words.next({ service, url: push })[kindOf(why)] ?? []), words.again],
  }
}

const kindOf = (why: string) => /^([a-z]+)(?::|$)/.exec(why)?.[1] ?? ''

function reasonOf(why: string, words: DeliveryWords): string {
  const said = why.replace(/^[a-z]+: ?/, '')
  return words.because[kindOf(why)]?.(said) ?? words.other(why)
}
