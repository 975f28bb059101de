namespace ChatServer.Tests.Support;

/// <summary>
/// Tests that close a listening socket and reopen its port at once run alone. A process that another test starts at that moment inherits
/// the socket until its exec, and keeps the port in use until then.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NoProcessStarts
{
    public const string Name = "No process starts";
}
