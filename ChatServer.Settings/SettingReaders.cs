namespace ChatServer.Settings;

/// <summary>The processes that read a setting.</summary>
[Flags]
public enum SettingReaders
{
    /// <summary>No process.</summary>
    None = 0,

    /// <summary>The Api.</summary>
    Api = 1,

    /// <summary>The Admin.</summary>
    Admin = 2,

    /// <summary>The RoomHost.</summary>
    RoomHost = 4,

    /// <summary>The LoadBalancer.</summary>
    LoadBalancer = 8,

    /// <summary>The embedded Redis.</summary>
    Redis = 16,

    /// <summary>The AppHost alone. What it only hands over has the process that reads it as its reader.</summary>
    AppHost = 32,

    /// <summary>Every process that serves HTTP.</summary>
    Services = Api | Admin | RoomHost | LoadBalancer,
}
