throw new Error('settings are missing');
