// What is printed before approval is what runs: every action and every way back has its line, and secrets have none.
import { describe, expect, test } from 'vitest'
import { PLANS } from '../../tests/vectors/seal/sample.ts'
import { PLAN_WORDS } from '../words/plan.ts'
import { unitArgv } from './actions/unit.ts'
import type { Plan } from './plan.ts'
import { renderPlan, renderUndo } from './render.ts'

const plan = (name: string) => PLANS[name] as Plan
const steps = (name: string) => renderPlan(plan(name), PLAN_WORDS.en).map(({ id, lines }) => [id, ...lines])

describe('the plan in lines', () => {
  test('nginx: copies, the file, the reload, the proof, the keep', () => {
    expect(steps('nginx').map(([id]) => id)).toEqual(['copies', '1', '2', 'proof', 'keep'])
    expect(steps('nginx')[1]?.[1]).toMatch(
      /^\/etc\/nginx\/sites-available\/mirai: sha256 [0-9a-f]{12} 25 bytes 0644 0:0 -> sha256 [0-9a-f]{12} 25 bytes 0644 0:0$/,
    )
    expect(steps('nginx')[2]).toEqual(['2', '/usr/bin/systemctl --no-ask-password reload -- nginx.service'])
  })
  test('a restart: diagnostics before it', () => {
    expect(steps('restart').map(([id]) => id)).toEqual(['diagnostics', '1', 'proof', 'keep'])
  })
  test('no option can be smuggled in as a unit', () => {
    expect(unitArgv('restart', '--now').slice(-2)).toEqual(['--', '--now'])
  })
  test('undo goes backwards', () => {
    expect(renderUndo(plan('nginx'), PLAN_WORDS.en)).toEqual([
      expect.stringMatching(/^put back \/etc\/nginx\/sites-available\/mirai: sha256 /),
      '/usr/bin/systemctl --no-ask-password reload -- nginx.service',
    ])
    expect(renderUndo(plan('restart'), PLAN_WORDS.en)).toEqual([])
    expect(renderUndo(plan('dropIn'), PLAN_WORDS.en)[0]).toContain('absent')
  })
  test('of a dotenv file what is set in the open is shown whole, a secret by its name and version alone', () => {
    const all = renderPlan(plan('dotenv'), PLAN_WORDS.en)
      .flatMap(({ lines }) => lines)
      .join('\n')
    expect(all).toContain('set LOG_LEVEL=debug')
    expect(all).toContain('set API_TOKEN to secret mirai/API_TOKEN version 2')
    expect(all).toContain('unset OLD_FLAG')
    expect(all).not.toContain('cd'.repeat(32))
  })
  test('in Japanese every line is Japanese but for commands, paths and digests, and says as much as in English', () => {
    for (const one of Object.values(PLANS)) {
      const [ja, en] = (['ja', 'en'] as const).map((language) => [
        ...renderPlan(one, PLAN_WORDS[language]).flatMap(({ lines }) => lines),
        ...renderUndo(one, PLAN_WORDS[language]),
      ]) as [string[], string[]]
      expect(ja).toHaveLength(en.length)
      for (const line of ja) {
        const own = line.replace(
          /(?<= で ).*(?=を動かす)|「[^」]*」|\S*\/\S+|^\| .*|^journalctl.*|\S+\.service\b|[A-Z_]+=\S*|\S+\.sql\b|ロール mirai|\bmain(?= を進める)|\b(?:sha256|worker|emerg|[0-9a-f]{12})\b/g,
          '',
        )
        if (/systemctl|journalctl/.test(line)) expect(en).toContain(line)
        else expect(own, line).not.toMatch(/\b[a-z]{3,}\b(?![=\d])/)
      }
    }
  })
  test('every plan of the sample says something for each of its actions and proofs', () => {
    for (const one of Object.values(PLANS)) {
      const rendered = renderPlan(one, PLAN_WORDS.en)
      for (const { id } of one.actions)
        expect(rendered.find((step) => step.id === id)?.lines.length).toBeGreaterThan(0)
      expect(rendered.find((step) => step.id === 'proof')?.lines).toHaveLength(one.proof.length)
    }
  })
})
