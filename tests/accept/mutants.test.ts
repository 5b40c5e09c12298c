// Spine §12: about thirty hand-made mutants of judge, envelope, journal, settling, checkpoint and `may`. Each breaks one rule in a copy
// of the source; the quick tests beside it must see it. Four of them in an ordinary run, all with `npm run campaign`.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

interface Mutant {
  readonly rule: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly tests: string
}

const JUDGE = 'src/runner/judge'
const ENOUGH = 'src/seal/enough.test.ts'
const PERFORM = 'src/runner/perform'
const JOURNAL = 'src/runner/journal'
const CONFIG_PLAN = 'src/plans/playbooks/config.ts'

const MUTANTS: readonly Mutant[] = [
  // judge
  {
    rule: 'a damaged journal starts nothing',
    file: 'src/runner/judge/judge.ts',
    find: 'if (journal.damage !== undefined)',
    replace: 'if (journal.damage !== undefined && journal.damage.why === "")',
    tests: JUDGE,
  },
  {
    rule: 'an unsound clock starts nothing',
    file: 'src/runner/judge/judge.ts',
    find: 'if (!input.clock.sound)',
    replace: 'if (!input.clock.sound && input.clock.why === "")',
    tests: JUDGE,
  },
  {
    rule: 'a used nonce is used',
    file: 'src/runner/judge/judge.ts',
    find: 'if (journal.nonces.has(nonce) || seen.has(nonce))',
    replace: 'if (seen.has(nonce))',
    tests: JUDGE,
  },
  {
    rule: 'a revoked statement does not count',
    file: 'src/runner/judge/judge.ts',
    find: 'if (journal.revoked.has(statement))',
    replace: 'if (journal.revoked.has(statement) && journal.damage !== undefined)',
    tests: JUDGE,
  },
  {
    rule: 'an execution belongs to its change',
    file: 'src/runner/judge/judge.ts',
    find: 'if (changeOf(order.execution) !== order.change)',
    replace: 'if (changeOf(order.execution) !== changeOf(order.execution))',
    tests: JUDGE,
  },
  {
    rule: 'a plan has the digest that the order names',
    file: 'src/runner/judge/envelope.ts',
    find: 'if (planDigest(plan.value) !== order.plan)',
    replace: 'if (planDigest(plan.value) !== planDigest(plan.value))',
    tests: JUDGE,
  },
  {
    rule: 'the tier is computed',
    file: 'src/runner/judge/envelope.ts',
    find: "['tier', envelope.tier, tier],",
    replace: "['tier', envelope.tier, envelope.tier],",
    tests: JUDGE,
  },
  {
    rule: 'the lineage is computed',
    file: 'src/seal/lineage.ts',
    find: "['lineage', lineage, lineageOf(author, policy)],",
    replace: "['lineage', lineage, [...lineage]],",
    tests: ENOUGH,
  },
  {
    rule: 'the policy that decides is the sealed one',
    file: 'src/runner/judge/envelope.ts',
    find: 'if (deciding !== envelope.policy)',
    replace: 'if (deciding !== deciding)',
    tests: JUDGE,
  },
  {
    rule: 'an envelope ends',
    file: 'src/runner/judge/envelope.ts',
    find: 'if (milliseconds(now) > milliseconds(envelope.expires))',
    replace: 'if (milliseconds(now) > milliseconds(envelope.expires) + 86_400_000)',
    tests: JUDGE,
  },
  {
    rule: 'evidence counts only from the own journal',
    file: 'src/runner/judge/checks.ts',
    find: 'if (trial === undefined || answer === undefined || trial.plan !== input.order.plan)',
    replace: 'if (trial !== undefined && (answer === undefined || trial.plan !== input.order.plan))',
    tests: JUDGE,
  },
  {
    rule: 'a red check blocks',
    file: 'src/runner/judge/checks.ts',
    find: "if (answer.verdict !== 'green')",
    replace: "if (answer.verdict === 'red')",
    tests: JUDGE,
  },
  {
    rule: 'the trial was of this plan',
    file: 'src/runner/judge/checks.ts',
    find: ' || trial.plan !== input.order.plan)',
    replace: ')',
    tests: JUDGE,
  },
  {
    rule: 'the author is an editor',
    file: 'src/seal/lineage.ts',
    find: '[...new Set([author, ...editors])]',
    replace: '[...new Set(editors)]',
    tests: ENOUGH,
  },
  {
    rule: 'the author is somebody the policy knows',
    file: 'src/seal/lineage.ts',
    find: 'if (!isKnown(actor, policy))',
    replace: "if (!isKnown(actor, policy) && part === 'sponsor')",
    tests: ENOUGH,
  },
  {
    rule: 'the sponsor is the one of the policy',
    file: 'src/seal/lineage.ts',
    find: 'sponsors(agentOf(policy, author)?.sponsor)',
    replace: 'sponsors(sponsor)',
    tests: ENOUGH,
  },
  {
    rule: 'the author does not waive',
    file: 'src/runner/judge/checks.ts',
    find: 'if (isInside(person.id, hands, policy))',
    replace: 'if (envelope.lineage.length === 0)',
    tests: JUDGE,
  },
  {
    rule: 'a waiver counts only beside the author’s signature',
    file: 'src/runner/judge/checks.ts',
    find: 'if (authorKeys.length === 0)',
    replace: 'if (envelope.lineage.length === 0)',
    tests: JUDGE,
  },
  {
    rule: 'the author’s key waives under no other name',
    file: 'src/runner/judge/checks.ts',
    find: 'if (authorKeys.includes(key.fingerprint))',
    replace: 'if (envelope.lineage.length === 0)',
    tests: JUDGE,
  },
  {
    rule: 'only declared files',
    file: 'src/runner/judge/inventory.ts',
    find: 'if (declared === undefined || !fits(declared, action, before.kind))',
    replace: 'if (declared === undefined) continue\n    if (!fits(declared, action, before.kind))',
    tests: JUDGE,
  },
  {
    rule: 'every write carries its way back',
    file: 'src/runner/judge/inventory.ts',
    find: 'if (at === undefined) return { ok: true }',
    replace: "if (at === undefined || at.startsWith('actions.1.undo')) return { ok: true }",
    tests: JUDGE,
  },
  {
    rule: 'the way back makes the old files effective again',
    file: CONFIG_PLAN,
    find: "[{ kind: 'putBack' }, ...activationSteps]",
    replace: "[{ kind: 'putBack' }]",
    tests: 'src/plans/playbooks',
  },
  {
    rule: 'what shows that a file is in effect is not left out',
    file: CONFIG_PLAN,
    find: 'if (proof !== undefined)',
    replace: "if (proof !== undefined && proof.kind !== 'probe')",
    tests: JUDGE,
  },
  {
    rule: 'what a plan changes is locked',
    file: CONFIG_PLAN,
    find: 'if (missing !== undefined)',
    replace: 'if (missing !== undefined && plan.targets.length === 0)',
    tests: JUDGE,
  },
  {
    rule: 'a time-out has its bounds',
    file: CONFIG_PLAN,
    find: 'timeoutMs < START_MARGIN_MS ? [] :',
    replace: 'timeoutMs < 0 ? [] :',
    tests: JUDGE,
  },
  {
    rule: 'a link that lies inside of data is data',
    file: CONFIG_PLAN,
    find: '[...changed, ...work.reals].map',
    replace: 'work.reals.map',
    tests: JUDGE,
  },
  {
    rule: 'what cannot be proven is kept by a person',
    file: 'src/plans/config-kinds/registry.ts',
    find: "(probe === undefined || (shown.afterRestart && activation !== 'restart'))",
    replace: 'false',
    tests: JUDGE,
  },
  {
    rule: 'sudoers become files of root that nobody else reads',
    file: 'src/runner/judge/inventory.ts',
    find: 'after.mode === owned.mode && after.uid === owned.uid',
    replace: 'after.uid === owned.uid',
    tests: JUDGE,
  },
  {
    rule: 'the way back of what died of its file is a restart',
    file: 'src/plans/config-kinds/sshd.ts',
    find: "undone: 'restart',",
    replace: '',
    tests: JUDGE,
  },
  {
    rule: 'a fence does not fall',
    file: 'src/runner/judge/fences.ts',
    find: 'if (token < highest)',
    replace: 'if (token > highest + 1_000_000)',
    tests: JUDGE,
  },
  {
    rule: 'one execution inside a target',
    file: 'src/runner/judge/fences.ts',
    find: 'execution !== undefined && execution !== order.execution',
    replace: 'execution !== undefined && execution === order.execution',
    tests: JUDGE,
  },
  {
    rule: 'the baseline is read again',
    file: 'src/runner/judge/baseline.ts',
    find: 'fingerprint(target, now) !== digest)',
    replace: 'fingerprint(target, now) === "")',
    tests: JUDGE,
  },
  {
    rule: 'a freeze holds',
    file: 'src/runner/judge/calendar.ts',
    find: 'if (freeze !== undefined)',
    replace: 'if (freeze !== undefined && byAgent)',
    tests: JUDGE,
  },
  {
    rule: 'a standing statement has a limit an hour',
    file: 'src/runner/judge/standing.ts',
    find: '.length >= limit)',
    replace: '.length > limit)',
    tests: JUDGE,
  },
  // envelope and statements
  {
    rule: 'an approval is over exactly this envelope',
    file: 'src/seal/enough.ts',
    find: 'if (statement.envelope !== envelopeDigest)',
    replace: 'if (statement.envelope === statement.shown)',
    tests: ENOUGH,
  },
  {
    rule: 'a key belongs to the person it speaks for',
    file: 'src/seal/enough.ts',
    find: 'keys.find((one) => one.fingerprint === fingerprint)',
    replace: 'policy.people.flatMap((one) => one.keys).find((one) => one.fingerprint === fingerprint)',
    tests: ENOUGH,
  },
  {
    rule: 'a revoked key does not sign',
    file: 'src/seal/enough.ts',
    find: 'return revoked ? refused',
    replace: 'return revoked && key.demo ? refused',
    tests: ENOUGH,
  },
  {
    rule: 'nobody approves an own change',
    file: 'src/seal/lineage.ts',
    find: 'theirs.length > 0 && theirs.length < hands.length',
    replace: 'theirs.length > hands.length',
    tests: ENOUGH,
  },
  {
    rule: 'nobody approves what they edited',
    file: 'src/seal/lineage.ts',
    find: 'if (hands.includes(approver)) return true',
    replace: 'if (hands.length === 0) return true',
    tests: ENOUGH,
  },
  {
    rule: 'one key under two names is one person',
    file: 'src/seal/enough.ts',
    find: 'new Set(all.map(({ key }) => key.fingerprint)).size',
    replace: 'all.length',
    tests: ENOUGH,
  },
  {
    rule: 'an approval ends',
    file: 'src/seal/enough.ts',
    find: 'if (at > milliseconds(statement.expires))',
    replace: 'if (at > milliseconds(statement.expires) + SKEW_MS)',
    tests: ENOUGH,
  },
  {
    rule: 'envelopes have a label of their own',
    file: 'src/seal/envelope.ts',
    find: "labelledDigest('sekisho-envelope-v1', of",
    replace: "labelledDigest('sekisho-plan-v1', of",
    tests: 'src/seal/envelope.test.ts src/seal/enough.test.ts',
  },
  // journal
  {
    rule: 'a line follows the digest of the line before',
    file: 'src/runner/journal/line.ts',
    find: ': read.prev === prev',
    replace: ': read.prev.length === prev.length',
    tests: JOURNAL,
  },
  {
    rule: 'a line follows by number',
    file: 'src/runner/journal/line.ts',
    find: ': read.seq !== seq + 1',
    replace: ': read.seq < seq',
    tests: JOURNAL,
  },
  {
    rule: 'damage anywhere stops new starts',
    file: 'src/runner/journal/journal.ts',
    find: 'for (const chain of [this.#rest, ...this.#executions.values()])',
    replace: 'for (const chain of [this.#rest])',
    tests: JOURNAL,
  },
  {
    rule: 'a mark of fences never falls',
    file: 'src/runner/journal/index.ts',
    find: 'Math.max(this.fences.get(target) ?? token, token)',
    replace: 'token',
    tests: JOURNAL,
  },
  // settling
  {
    rule: 'an intent without an outcome is looked at, never repeated',
    file: 'src/runner/perform/next.ts',
    find: "if (attempt.probed === undefined) return { do: 'probe', ...of, since: momentOf(attempt.intent) }\n  const detail",
    replace: "if (attempt.probed === undefined) return { do: 'act', ...of }\n  const detail",
    tests: PERFORM,
  },
  {
    rule: 'what cannot be told waits for a person',
    file: 'src/runner/perform/next.ts',
    find: "return { do: 'park', ...of, why: 'uncertain', detail: attempt.probed.detail }",
    replace: "return { do: 'conclude', ...of, result: 'applied', detail }",
    tests: PERFORM,
  },
  {
    rule: 'another boot means the deadline was not watched',
    file: 'src/runner/perform/next.ts',
    find: 'return armed.deadlineBoot !== now.boot || now.uptime >= armed.deadlineUptime',
    replace: 'return armed.deadlineBoot === now.boot && now.uptime >= armed.deadlineUptime',
    tests: PERFORM,
  },
  {
    rule: 'a red proof is taken back',
    file: 'src/runner/perform/next.ts',
    find: "if (view.proofs.some(({ verdict, proof }) => verdict === 'red' && !mayStayRed(plan, proof)))",
    replace: "if (view.proofs.every(({ verdict }) => verdict === 'red') && view.proofs.length > 1)",
    tests: PERFORM,
  },
  {
    rule: 'what is not proven waits for a person',
    file: 'src/runner/perform/next.ts',
    find: "const proven = view.proofs.every(({ verdict }) => verdict === 'green')",
    replace: "const proven = view.proofs.every(({ verdict }) => verdict !== 'red')",
    tests: PERFORM,
  },
  // checkpoint
  {
    rule: 'a checkpoint never shrinks',
    file: 'src/ledger/checkpoint.ts',
    find: "if (next.size < from) return refused('ledger.checkpoint_shrinks', detail)",
    replace: "if (next.size < 0) return refused('ledger.checkpoint_shrinks', detail)",
    tests: 'src/ledger/checkpoint.test.ts',
  },
  {
    rule: 'a checkpoint extends the last one',
    file: 'src/ledger/checkpoint.ts',
    find: 'if (!verifyConsistency(from, oldRoot, next.size, newRoot, hashes))',
    replace: 'if (next.size === from && !verifyConsistency(from, oldRoot, next.size, newRoot, hashes))',
    tests: 'src/ledger/checkpoint.test.ts',
  },
  {
    rule: 'a note is of this ledger',
    file: 'src/ledger/checkpoint.ts',
    find: 'if (note.checkpoint.origin !== key.name)',
    replace: 'if (note.checkpoint.origin === "")',
    tests: 'src/ledger/checkpoint.test.ts',
  },
  // may
  {
    rule: 'an agent never decides',
    file: 'src/identity/permission.ts',
    find: "{ code: 'agent.never_approves', denies: agentDecides },",
    replace: '',
    tests: 'src/identity',
  },
  {
    rule: 'nobody approves what they wrote',
    file: 'src/identity/permission.ts',
    find: 'const own = isOwnWork(actor.id, handsOf(subject), policy)',
    replace: 'const own = isOwnWork(subject.requester, [], policy)',
    tests: 'src/identity',
  },
  {
    rule: 'the sponsor does not waive for the agent',
    file: 'src/identity/permission.ts',
    find: 'const inside = isInside(actor.id, handsOf(subject), policy)',
    replace: 'const inside = handsOf(subject).includes(actor.id)',
    tests: 'src/identity',
  },
  {
    rule: 'nobody gets another person’s token',
    file: 'src/identity/permission.ts',
    find: "{ code: 'token.other_person', denies: tokenOfAnother },",
    replace: '',
    tests: 'src/identity',
  },
]

const ROOT = join(import.meta.dirname, '../..')
const seed = Number(process.env['SEKISHO_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const chosen =
  process.env['SEKISHO_MUTANTS'] === 'all'
    ? MUTANTS
    : (fc.sample(fc.shuffledSubarray([...MUTANTS], { minLength: 4, maxLength: 4 }), {
        numRuns: 1,
        seed,
      })[0] ?? [])

let copy: string
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'sekisho-mutants-'))
  for (const one of ['src', 'tests', 'examples', 'vitest.config.ts', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, one), join(copy, one), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  console.log(`seed ${seed}`)
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** The named tests in the copy: how many failed and passed. */
function quickTests(paths: string): {
  readonly failed: number
  readonly passed: number
  readonly text: string
} {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const vitest = join(ROOT, 'node_modules/.bin/vitest')
  const argv = [
    'run',
    '--project',
    'rules',
    '--project',
    'unit',
    '--reporter=json',
    `--outputFile=${report}`,
    ...paths.split(' '),
  ]
  const ran = spawnSync(vitest, argv, { cwd: copy, encoding: 'utf8', timeout: 120_000 })
  const text = `${ran.stdout}${ran.stderr}`
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as {
    numFailedTests: number
    numPassedTests: number
  }
  return { failed: numFailedTests, passed: numPassedTests, text }
}

test('spine §12: there are about thirty mutants, and each finds its place', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(30)
  for (const { rule, file, find } of MUTANTS)
    expect(readFileSync(join(ROOT, file), 'utf8').split(find), rule).toHaveLength(2)
})

test('spine §12: the quick tests are green without a mutant', () => {
  const all = [...new Set(chosen.flatMap(({ tests }) => tests.split(' ')))].join(' ')
  const { failed, passed, text } = quickTests(all)
  expect(failed, text).toBe(0)
  expect(passed).toBeGreaterThan(0)
})

describe('spine §12 mutants', () => {
  test.each(chosen)('killed: without "$rule"', ({ file, find, replace, tests }) => {
    const path = join(copy, file)
    const sound = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      sound.replace(find, () => replace),
    )
    try {
      const { failed, text } = quickTests(tests)
      // A test that failed, not a file that could not be read.
      expect(failed, text.slice(-2000)).toBeGreaterThan(0)
    } finally {
      writeFileSync(path, sound)
    }
  })
})
