import { BaseSequencer } from 'vitest/node';

export default class DailySequencer extends BaseSequencer {}
