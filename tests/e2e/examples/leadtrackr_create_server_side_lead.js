const response = await fetch("https://app.leadtrackr.io/api/leads/createServerSideLead", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-API-Key": "your-api-key-here"
  },
  body: JSON.stringify({
    projectId: "your-project-id",
    userData: {
      firstName: "Jane",
      lastName: "Smith",
      email: "jane@example.com",
      phone: "+31687654321",
      companyName: "Acme Inc."
    },
    attributionData: {
      gclid: "xyz789",
      cid: "9876543210.9876543210"
    },
    formData: {
      formName: "Contact Form",
      uniqueEventId: "evt_xyz789"
    },
    uniqueIdentifier: "crm-lead-789"
  })
});

const data = await response.json();
console.log(data);
