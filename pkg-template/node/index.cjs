'use strict';

// In a Node that cannot require ES modules, the main entry throws with the reason.
require('../index.cjs');
module.exports = require('./index.js');
