'use strict';

// The main entry says it where this Node cannot require ES modules.
require('../index.cjs');
module.exports = require('./index.js');
