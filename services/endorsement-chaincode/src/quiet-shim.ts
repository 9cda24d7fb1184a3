// fabric-shim reads its log level once, when it is first imported, and writes to standard output, where the ready line
// goes. What it would log we log ourselves; at its debug level it repeats what peers send, transient data included.
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'CRITICAL';
