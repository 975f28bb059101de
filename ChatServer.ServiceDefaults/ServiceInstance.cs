namespace ChatServer.ServiceDefaults;

/// <summary>
/// The identity of a process in its telemetry, <c>service.instance.id</c>. A service that has an id of its own registers one; otherwise the
/// id is random at each start.
/// </summary>
/// <param name="Id">For example <c>HOST_ID</c>.</param>
public sealed record ServiceInstance(string Id);
