namespace ChatServer.Contracts;

/// <summary>An Api as a load balancer knows it.</summary>
/// <param name="Host">Its name or address, an IPv6 one in brackets.</param>
/// <param name="Port">Its port.</param>
/// <param name="Cpus">Processors of its machine.</param>
/// <param name="Rooms">Rooms that it counted.</param>
/// <param name="Version">Its version.</param>
/// <param name="LastSeen">When its last heartbeat came.</param>
public sealed record RegisteredApi(string Host, int Port, int Cpus, long Rooms, string Version, DateTimeOffset LastSeen);
