// What is printed before approval is what runs: every action and every way back has its line, and secrets have none.
import { describe, expect, test } from 'vitest'
import { PLANS } from '../../tests/vectors/seal/sample.ts'
import type { Plan } from './plan.ts'
import { renderPlan, renderUndo, unitArgv } from './render.ts'

const plan = (name: string) => PLANS[name] as Plan
const steps = (name: string) => renderPlan(plan(name)).map(({ id, lines }) => [id, ...lines])

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
    expect(renderUndo(plan('nginx'))).toEqual([
      expect.stringMatching(/^put back \/etc\/nginx\/sites-available\/mirai: sha256 /),
      '/usr/bin/systemctl --no-ask-password reload -- nginx.service',
    ])
    expect(renderUndo(plan('restart'))).toEqual([])
    expect(renderUndo(plan('dropIn'))[0]).toContain('absent')
  })
  test('of a dotenv file what is set in the open is shown whole, a secret by its name and version alone', () => {
    const all = renderPlan(plan('dotenv'))
      .flatMap(({ lines }) => lines)
      .join('\n')
    expect(all).toContain('set LOG_LEVEL=debug')
    expect(all).toContain('set API_TOKEN to secret mirai/API_TOKEN version 2')
    expect(all).toContain('unset OLD_FLAG')
    expect(all).not.toContain('cd'.repeat(32))
  })
  test('every plan of the sample says something for each of its actions and proofs', () => {
    for (const one of Object.values(PLANS)) {
      const rendered = renderPlan(one)
      for (const { id } of one.actions)
        expect(rendered.find((step) => step.id === id)?.lines.length).toBeGreaterThan(0)
      expect(rendered.find((step) => step.id === 'proof')?.lines).toHaveLength(one.proof.length)
    }
  })
})
