using ChatServer.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatServer.Backplane.Audit;

/// <summary>Registers the audit trail.</summary>
public static class AuditServices
{
    /// <summary>Adds the <see cref="AuditLog"/> to a process that uses the Backplane.</summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static void AddAuditLog(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(AuditBounds.Read(builder.Configuration));
        builder.Services.AddSingleton<AuditLog>();
    }
}
