namespace ChatServer.Contracts;

/// <summary>An Api that is registered with a load balancer.</summary>
/// <param name="Host">Its name or address; an IPv6 address in brackets.</param>
/// <param name="Port">Its port.</param>
/// <param name="Cpus">Number of processors of its machine.</param>
/// <param name="Rooms">Number of rooms in the heartbeat.</param>
/// <param name="Version">Its version.</param>
/// <param name="LastSeen">Time of its last heartbeat.</param>
public sealed record RegisteredApi(string Host, int Port, int Cpus, long Rooms, string Version, DateTimeOffset LastSeen);
