export { keyBrokerConfig, type KeyBrokerConfig } from './config.js';
