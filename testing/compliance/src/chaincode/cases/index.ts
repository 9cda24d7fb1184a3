import type { Case } from '../case.js';
import { contractCases } from './contract-api.js';
import { identityCases } from './identity.js';
import { invocationCases } from './invocation.js';
import { policyAndEventCases } from './policies-and-events.js';
import { privateDataCases } from './private-data.js';
import { queryCases } from './queries.js';
import { stateCases } from './state.js';

/** All cases, in the order of the table. */
export const CASES: readonly Case[] = [...invocationCases, ...stateCases, ...queryCases, ...privateDataCases, ...policyAndEventCases, ...identityCases, ...contractCases];
