namespace ChatServer.Settings;

/// <summary>How a process that the AppHost starts gets the value of a setting.</summary>
public enum Handover
{
    /// <summary>The AppHost passes the value that it has itself; a secret one as a parameter of the application model.</summary>
    Passed,

    /// <summary>The AppHost assigns a value to each process: a port, an id, an address.</summary>
    Assigned,

    /// <summary>The process inherits the environment of the AppHost.</summary>
    Inherited,
}
