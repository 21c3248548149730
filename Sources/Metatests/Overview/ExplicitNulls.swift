// JSON of these values has every key every time: null says "none", so that a reader need not guess
// whether a key was forgotten. The compiler's own encoding leaves such keys out.

extension MeasurementRow {
  private enum Key: String, CodingKey {
    case analysis, block, campaign, ccd, count, gainRun, item, obsid, quadrant, quantity, reason, run
    case session, slot, test, uncertainty, unit, value, verdict
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(analysis, forKey: .analysis)
    try object.encode(block, forKey: .block)
    try object.encode(campaign, forKey: .campaign)
    try object.encode(ccd, forKey: .ccd)
    try object.encode(count, forKey: .count)
    if isInElectrons { try object.encode(gainRun, forKey: .gainRun) }
    try object.encode(item, forKey: .item)
    try object.encode(obsid, forKey: .obsid)
    try object.encode(quadrant, forKey: .quadrant)
    try object.encode(quantity, forKey: .quantity)
    try object.encode(reason, forKey: .reason)
    try object.encode(run, forKey: .run)
    try object.encode(session, forKey: .session)
    try object.encode(slot, forKey: .slot)
    try object.encode(test, forKey: .test)
    try object.encode(uncertainty, forKey: .uncertainty)
    try object.encode(unit, forKey: .unit)
    try object.encode(value, forKey: .value)
    try object.encode(verdict, forKey: .verdict)
  }
}

extension CampaignStatus.Entry {
  private enum Key: String, CodingKey {
    case block, overview, role, rule, runs, state, test
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(block, forKey: .block)
    try object.encode(overview, forKey: .overview)
    try object.encode(role, forKey: .role)
    try object.encode(rule, forKey: .rule)
    try object.encode(runs, forKey: .runs)
    try object.encode(state, forKey: .state)
    try object.encode(test, forKey: .test)
  }
}

extension RunOverview {
  private enum Key: String, CodingKey {
    case analysis, block, camera, campaign, checks, configuration, failedChecks, finished, flags
    case frames, inputBytes, obsids, run, seconds, session, started, status, steps, test, verdict
    case version
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(analysis, forKey: .analysis)
    try object.encode(block, forKey: .block)
    try object.encode(camera, forKey: .camera)
    try object.encode(campaign, forKey: .campaign)
    try object.encode(checks, forKey: .checks)
    try object.encode(configuration, forKey: .configuration)
    try object.encode(failedChecks, forKey: .failedChecks)
    try object.encode(finished, forKey: .finished)
    try object.encode(flags, forKey: .flags)
    try object.encode(frames, forKey: .frames)
    try object.encode(inputBytes, forKey: .inputBytes)
    try object.encode(obsids, forKey: .obsids)
    try object.encode(run, forKey: .run)
    try object.encode(seconds, forKey: .seconds)
    try object.encode(session, forKey: .session)
    try object.encode(started, forKey: .started)
    try object.encode(status, forKey: .status)
    try object.encode(steps, forKey: .steps)
    try object.encode(test, forKey: .test)
    try object.encode(verdict, forKey: .verdict)
    try object.encode(version, forKey: .version)
  }
}

extension RunDetails.FailedCheck {
  private enum Key: String, CodingKey {
    case ccd, item, lower, name, quadrant, text, upper, value
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(ccd, forKey: .ccd)
    try object.encode(item, forKey: .item)
    try object.encode(lower, forKey: .lower)
    try object.encode(name, forKey: .name)
    try object.encode(quadrant, forKey: .quadrant)
    try object.encode(text, forKey: .text)
    try object.encode(upper, forKey: .upper)
    try object.encode(value, forKey: .value)
  }
}
