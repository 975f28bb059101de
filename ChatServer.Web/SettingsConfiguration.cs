using ChatServer.Settings;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Web;

/// <summary>Reads the settings of a service from its configuration, of which the environment is a part.</summary>
public static class SettingsConfiguration
{
    /// <summary>
    /// The arguments of a process whose settings are read once, at its start. ASP.NET Core would watch the working directory and all
    /// folders below it for a changed <c>appsettings.json</c>: in <c>/</c> or <c>/tmp</c> that is thousands of watches, and a scan for each
    /// new folder.
    /// </summary>
    public static string[] WithoutConfigurationReload(this string[] args) => ["--hostBuilder:reloadConfigOnChange=false", .. args];

    /// <summary>The value of <paramref name="setting"/>, or its default.</summary>
    /// <exception cref="StartupException">The value is invalid, or required and missing.</exception>
    public static T Read<T>(this IConfiguration configuration, Setting<T> setting) => setting.Read(key => configuration[key]);

    /// <summary>The value of a setting that is required in this case.</summary>
    /// <exception cref="StartupException">The value is invalid or missing.</exception>
    public static T Require<T>(this IConfiguration configuration, Setting<T> setting) => setting.Require(key => configuration[key]);

    /// <summary>The address to which listeners bind: <c>BIND</c>.</summary>
    /// <exception cref="StartupException"><c>BIND</c> is not an IP address.</exception>
    public static System.Net.IPAddress BindAddress(this IConfiguration configuration) => configuration.Read(ServerSettings.Bind);
}
