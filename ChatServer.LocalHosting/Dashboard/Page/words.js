// The words of the model, as people read them.

export const StateWords = {
  waiting: 'Waiting', starting: 'Starting', running: 'Running', unhealthy: 'Unhealthy',
  stopping: 'Stopping', stopped: 'Stopped', exited: 'Exited', failed: 'Failed',
};

export const KindWords = {
  project: 'Project', executable: 'Executable', connectionString: 'Connection string', parameter: 'Parameter',
};

/** Values are there or not; they do not run. */
export const isValue = resource => resource.kind === 'parameter' || resource.kind === 'connectionString';

/** The state in words, with its reason. */
export const stateText = resource => isValue(resource) && resource.state === 'running'
  ? KindWords[resource.kind]
  : StateWords[resource.state] + (resource.reason ? ` · ${resource.reason}` : '');
